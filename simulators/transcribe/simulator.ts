import type { FastifyInstance } from 'fastify';
import { plainFastify } from '../shared/plain-fastify.ts';
import { StateFile } from '../shared/state-file.ts';
import { registerControls } from './control-routes.ts';
import { Events } from './events.ts';
import type { EventSettings } from './events.ts';
import { Faults } from './faults.ts';
import type { Fault } from './faults.ts';
import { Jobs } from './jobs.ts';
import type { Job, Slots } from './jobs.ts';
import { Records, viewLedger } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { Pace } from './pace.ts';
import type { PerSecond } from './pace.ts';
import { ServiceBucket } from './service-bucket.ts';
import { registerService } from './serving.ts';
import type { Credentials } from './signature.ts';
import { DEFAULT_SPEECH } from './speech.ts';
import type { Speech } from './speech.ts';
import { loadState } from './state-file.ts';
import type { SavedState } from './state-file.ts';
import { Storage } from './storage.ts';
import { Transcriber } from './transcriber.ts';
import type { Shape } from './transcript.ts';

const ACCOUNT_ID = '111122223333';
const JOB_MS = 300;
const MAX_NAME_IN_PATH = 1_000;

/** "Amazon Transcribe endpoints and quotas", with AWS's defaults. */
type Quotas = {
  /** 25. */
  readonly startsPerSecond?: number;
  /** 30. */
  readonly getsPerSecond?: number;
  /** 5. */
  readonly listsPerSecond?: number;
  /** 5. */
  readonly deletesPerSecond?: number;
  /** How many jobs are in progress at most (250). */
  readonly concurrentJobs?: number;
  /** How many deferred jobs wait at most (10,000). */
  readonly queuedJobs?: number;
};

export type TranscribeSimulatorOptions = Quotas &
  Credentials & {
    /** The S3 where media are read and output is written, path style. */
    readonly s3Endpoint: string;
    /** By default the same as the callers'. */
    readonly s3Credentials?: Credentials;
    /** us-east-1; requests have to be signed for it. */
    readonly region?: string;
    readonly accountId?: string;
    /** Where jobs and ledger outlive the process; in memory only without it. */
    readonly stateFile?: string;
    readonly log?: boolean;
    /** Milliseconds since the epoch. */
    readonly now?: () => number;
    /** How long a job is in progress, in ms (300). */
    readonly jobMs?: number;
    /** What is said in the media of a job; by default a short call of two people. */
    readonly speech?: Speech;
    /** Which shape the output has ('today'). */
    readonly shape?: Shape;
    /** Whether a get of an unknown job is a BadRequestException, as it once was. */
    readonly oldNotFound?: boolean;
    /** Where EventBridge's events go; nowhere without it. */
    readonly events?: EventSettings;
  };

export type TranscribeSimulator = {
  /** For the caller to listen with. */
  readonly app: FastifyInstance;
  /** Of one job, or of all. */
  ledger(jobName?: string): Ledger;
  inject(fault: Fault): void;
  clearFaults(): void;
  /** Does what the clock has made due, and waits until it is done. */
  tick(): Promise<void>;
  /** Does an unfinished job at once; it fails all the same where its media is no good. */
  completeJob(name: string): Promise<void>;
  /** Lets an unfinished job fail at once. */
  failJob(name: string, reason: string): void;
  /** Sends events of what happens from now on; none without settings. */
  setEvents(settings: EventSettings | undefined): void;
  close(): Promise<void>;
};

/**
 * A strict simulator of Amazon Transcribe's batch jobs in one account and region. It reads the media
 * from S3 and writes real output there, whose words are a test's; it refuses whatever the
 * documentation forbids, and keeps a ledger of all it saw.
 */
export function createTranscribeSimulator(
  options: TranscribeSimulatorOptions,
): TranscribeSimulator {
  const { now = Date.now, region = 'us-east-1', accountId = ACCOUNT_ID, stateFile } = options;
  const { accessKeyId, secretAccessKey } = options;
  const credentials = { accessKeyId, secretAccessKey };
  const saved = loadState(stateFile);
  const jobs = new Jobs(now, slotsOf(options), saved.jobs);
  const records = new Records(saved.records);
  const faults = new Faults();
  const state = new StateFile<SavedState>(stateFile, () => ({
    version: 1,
    jobs: jobs.all().toReversed(),
    records: records.kept,
  }));
  const changed = (): void => state.schedule();
  const events = new Events({ records, faults, now, changed, accountId, region });
  events.configure(options.events);
  const storage = new Storage({
    endpoint: options.s3Endpoint,
    region,
    credentials: options.s3Credentials ?? credentials,
  });
  const transcriber = new Transcriber({
    jobs,
    storage,
    speech: options.speech ?? DEFAULT_SPEECH,
    shape: options.shape ?? 'today',
    accountId,
    jobMs: options.jobMs ?? JOB_MS,
    now,
    ended: (job) => {
      events.send(job);
      changed();
    },
  });
  const unfinished = (name: string): Job => {
    const job = jobs.get(name);
    if (!job) throw new Error(`there is no job ${name}`);
    if (job.endedAtMs !== null) throw new Error(`job ${name} is ${job.status}`);
    return job;
  };

  const app = plainFastify('transcribe-simulator', options.log, MAX_NAME_IN_PATH);
  const simulator: TranscribeSimulator = {
    app,
    ledger: (jobName) => viewLedger(records, jobs, jobName),
    inject: (fault) => faults.inject(fault),
    clearFaults: () => faults.clear(),
    tick: () => transcriber.tick(),
    completeJob: async (name) => transcriber.complete(unfinished(name)),
    failJob: (name, reason) => transcriber.fail(unfinished(name), reason),
    setEvents: (settings) => events.configure(settings),
    close: async () => {
      events.close();
      await app.close();
      await transcriber.close();
      storage.close();
      await state.flush();
    },
  };
  const serviceBucket = new ServiceBucket(region, now);
  serviceBucket.register(app, jobs);
  registerControls(app, simulator);
  registerService(app, {
    jobs,
    records,
    faults,
    pace: new Pace(now, perSecond(options)),
    serviceBucket,
    credentials,
    region,
    oldNotFound: options.oldNotFound ?? false,
    now,
    changed,
  });
  transcriber.open();
  return simulator;
}

function slotsOf({ concurrentJobs = 250, queuedJobs = 10_000 }: Quotas): Slots {
  return { concurrentJobs, queuedJobs };
}

function perSecond(quotas: Quotas): PerSecond {
  const { startsPerSecond = 25, getsPerSecond = 30 } = quotas;
  const { listsPerSecond = 5, deletesPerSecond = 5 } = quotas;
  return {
    start: startsPerSecond,
    get: getsPerSecond,
    list: listsPerSecond,
    delete: deletesPerSecond,
  };
}
