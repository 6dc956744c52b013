import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { synthesised } from '../simulators/vonage/recordings/audio.ts';
import { MANGLED_WAYS, type MangledWay } from '../simulators/shared/mangling.ts';
import { jobId } from '../src/providers/amazon-transcribe/job-request.ts';
import { RUNS, SEED } from './support/fuzzing.ts';
import {
  AUDIO_BUCKET,
  eventually,
  prepareStack,
  type Service,
  type Stack,
} from './support/stack.ts';

const CASES = 20 * RUNS;
const AT_A_TIME = 20;
/** A call that is not answered costs 10 s, and each of three may be struck. */
const PATIENCE_MS = 120_000;

let stack: Stack;
let services: readonly Service[];
beforeAll(async () => {
  stack = await prepareStack({
    environment: { AGORA_LEGACY: 'true' },
    transcribe: { startsPerSecond: 20, concurrentJobs: 100 },
  });
  services = await Promise.all([stack.startWorker(), stack.startApi()]);
  const audio = synthesised({
    format: 'mp3',
    channels: 2,
    durationSeconds: 5,
    sizeBytes: undefined,
    wavHeader: 'plain',
  });
  const bytes = Buffer.concat([...audio.pieces(0, audio.size)]);
  await stack.s3.put(AUDIO_BUCKET, 'given/call.mp3', bytes, 'audio/mpeg');
});
afterAll(() => stack.stop());

type Mangled = { readonly kind: 'mangled'; readonly how: MangledWay; readonly effect: boolean };
type Strike = { readonly fault: Mangled; readonly times: number };

/** What one provider's session is started with, and how the ledger of its vendor judges it. */
type Vendor = {
  readonly operations: readonly string[];
  readonly request: (name: string) => Record<string, unknown>;
  readonly isChangeable: boolean;
  readonly inject: (name: string, operation: string, strike: Strike) => void;
  readonly judge: (name: string) => { readonly running: unknown[]; readonly broken: unknown[] };
};

const agora = (provider: 'agora' | 'agora-legacy', operations: readonly string[]): Vendor => ({
  operations,
  request: (channel) => ({ provider, channel, languages: ['en-US'] }),
  isChangeable: true,
  inject: (channel, name, strike) => {
    const operation = OPERATIONS.find((known) => known === name) ?? 'any';
    // An acquire tells no channel: any session's will do.
    const whose = operation === 'acquire' ? {} : { channel };
    // A list is asked for where a join was lost.
    if (operation === 'list') {
      stack.simulator.inject({ operation: 'join', channel, fault: { kind: 'lost-response' } });
    }
    stack.simulator.inject({ operation, ...whose, ...strike });
  },
  judge: (channel) => {
    const { tasks, violations } = stack.simulator.ledger(channel);
    return {
      running: tasks.filter(({ endedAt }) => endedAt === null),
      broken: violations.map(({ rule, detail }) => `${rule}: ${detail}`),
    };
  },
});

const OPERATIONS = [
  'join',
  'query',
  'list',
  'update',
  'leave',
  'acquire',
  'start',
  'legacy-query',
  'legacy-update',
  'legacy-stop',
] as const;
const VIDEOSDK_OPERATIONS = ['start', 'fetch', 'list', 'end', 'file'] as const;

const VENDORS: Readonly<Record<string, Vendor>> = {
  agora: agora('agora', OPERATIONS.slice(0, 5)),
  'agora-legacy': agora('agora-legacy', OPERATIONS.slice(5)),
  videosdk: {
    operations: VIDEOSDK_OPERATIONS,
    request: (roomId) => ({ provider: 'videosdk', roomId }),
    isChangeable: false,
    inject: (roomId, name, strike) => {
      const operation = VIDEOSDK_OPERATIONS.find((known) => known === name) ?? 'any';
      stack.videosdk.inject({ operation, roomId, ...strike });
    },
    judge: (roomId) => {
      const { tasks, violations } = stack.videosdk.ledger(roomId);
      return {
        running: tasks.filter(({ endedAt }) => endedAt === null),
        broken: violations.map(({ rule, detail }) => `${rule}: ${detail}`),
      };
    },
  },
  'amazon-transcribe': {
    operations: ['start', 'get'],
    request: (id) => ({
      provider: 'amazon-transcribe',
      id,
      languageCode: 'en-GB',
      channels: 2,
      media: `s3://${AUDIO_BUCKET}/given/call.mp3`,
    }),
    isChangeable: false,
    inject: (id, name, strike) => {
      const operation = name === 'start' ? 'start' : 'get';
      stack.transcribe.inject({ operation, jobName: jobOf(id), ...strike });
    },
    judge: (id) => {
      const { jobs, violations } = stack.transcribe.ledger(jobOf(id));
      // No job can be ended: it is enough that there is but one.
      return {
        running: jobs.slice(1),
        broken: violations.map(({ rule, detail }) => `${rule}: ${detail}`),
      };
    },
  },
};

function kindOf(failure: unknown): unknown {
  return typeof failure === 'object' && failure !== null ? Reflect.get(failure, 'kind') : undefined;
}

function jobOf(sessionId: string): string {
  const media = { uri: '', channel: null };
  return jobId({ sessionId, attempt: 1, media, channels: 2, options: {} });
}

/** Of a file, a slow one is waited for for a minute. */
const isTooSlow = ({ operation, fault }: { operation: string; fault: { how: string } }) =>
  operation === 'file' && fault.how === 'slow';

const cases = fc
  .constantFrom(...Object.keys(VENDORS))
  .chain((provider) =>
    fc.record({
      provider: fc.constant(provider),
      operation: fc.constantFrom(...(VENDORS[provider]?.operations ?? [])),
      fault: fc.record({
        kind: fc.constant('mangled' as const),
        how: fc.constantFrom(...MANGLED_WAYS),
        effect: fc.boolean(),
      }),
      times: fc.constantFrom(1, 2),
    }),
  )
  .filter((one) => !isTooSlow(one));
type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

/** Lives through one case, and says what was wrong with it. */
async function live(name: string, { provider, operation, fault, times }: Case): Promise<void> {
  const vendor = VENDORS[provider];
  if (!vendor) throw new Error(`no vendor ${provider}`);
  vendor.inject(name, operation, { fault, times });
  const { body: started } = await stack.api('POST', '/v1/sessions', vendor.request(name));
  const path = `/v1/sessions/${encodeURIComponent(String(started['id']))}`;
  const look = async () => (await stack.api('GET', path)).body;
  await eventually(
    async () => expect(await look()).not.toMatchObject({ status: 'starting' }),
    PATIENCE_MS,
  );
  if (vendor.isChangeable) {
    const { status } = await stack.api('PATCH', path, { languages: ['fr-FR'] });
    if (status < 300) {
      await eventually(
        async () => expect(await look()).toMatchObject({ revision: 1, appliedRevision: 1 }),
        PATIENCE_MS,
      );
    }
  }
  if (provider !== 'amazon-transcribe') await stack.api('POST', `${path}/stop`);
  await eventually(
    async () => expect(await look()).toMatchObject({ endedAt: expect.any(String) }),
    PATIENCE_MS,
  );
  const session = await look();
  // A refusal that is mangled is a refusal still; nothing that a vendor answers is a fault of ours.
  expect([undefined, 'rejected', 'unavailable']).toContain(kindOf(session['failure']));
  await eventually(async () => {
    expect([200, 404]).toContain((await stack.api('GET', `${path}/transcript`)).status);
  }, PATIENCE_MS);
  await eventually(() => expect(vendor.judge(name)).toEqual({ running: [], broken: [] }));
}

test(
  'a session lives through an answer that is none',
  { timeout: 3 * PATIENCE_MS * RUNS },
  async () => {
    console.log(`FUZZ_SEED=${SEED}`);
    const sample = fc.sample(cases, { numRuns: CASES, seed: SEED });
    const failures: string[] = [];
    for (let at = 0; at < sample.length; at += AT_A_TIME) {
      await Promise.all(
        sample.slice(at, at + AT_A_TIME).map(async (one, index) => {
          try {
            await live(`mangled-${at + index}`, one);
          } catch (error) {
            const judged = JSON.stringify(VENDORS[one.provider]?.judge(`mangled-${at + index}`));
            failures.push(`${at + index} ${JSON.stringify(one)}: ${String(error)} ${judged}`);
          }
        }),
      );
    }
    expect(failures).toEqual([]);
    for (const service of services) {
      expect(service.process.exitCode).toBeNull();
      expect(service.output()).not.toContain('for a reason of ours');
    }
  },
);

test('a vendor may say why at any length, and in any script', async () => {
  const channel = 'wordy';
  const message = '東京🎧'.repeat(5_000);
  const fault = { kind: 'status', status: 503, message } as const;
  for (const operation of ['join', 'update', 'leave'] as const) {
    stack.simulator.inject({ operation, channel, fault });
  }
  const body = { provider: 'agora', channel, languages: ['en-US'] };
  const wait = { prefer: 'wait=30' };
  const path = '/v1/sessions/agora:wordy';
  expect((await stack.api('POST', '/v1/sessions', body, wait)).body).toMatchObject({
    status: 'running',
  });
  const changed = await stack.api('PATCH', path, { languages: ['fr-FR'] }, wait);
  expect(changed.body).toMatchObject({ appliedRevision: 1 });
  const stopped = await stack.api('POST', `${path}/stop`, undefined, wait);
  expect(stopped.body).toMatchObject({ status: 'stopped', failure: null });
});
