import type { FastifyInstance } from 'fastify';
import { plainFastify } from '../shared/plain-fastify.ts';
import { StateFile } from '../shared/state-file.ts';
import { DEFAULT_ANSWERS } from './answers.ts';
import type { VendorAnswers } from './answers.ts';
import { registerControls } from './control-routes.ts';
import { Faults } from './faults.ts';
import type { Fault, WebhookType } from './faults.ts';
import { SAMPLE_UTTERANCES } from './files.ts';
import type { Utterance } from './files.ts';
import { Records, viewLedger } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { closeSession, endTask, notify, startTask } from './project.ts';
import type { Project } from './project.ts';
import { registerApi } from './serving.ts';
import { Sessions } from './sessions.ts';
import type { OpenRooms } from './sessions.ts';
import { loadState } from './state-file.ts';
import type { SavedState } from './state-file.ts';
import { Tasks } from './tasks.ts';
import type { Task, VendorEnd } from './tasks.ts';
import { WebhookKeys } from './webhooks/keys.ts';
import { WebhookSender } from './webhooks/sender.ts';
import type { WebhookFaults } from './webhooks/sender.ts';

export type VideosdkSimulatorOptions = Partial<VendorAnswers> & {
  readonly apiKey: string;
  readonly secret: string;
  /** Where sessions, tasks, keys and ledger outlive the process; in memory only without it. */
  readonly stateFile?: string;
  readonly log?: boolean;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** PKCS #8 PEM of an RSA key; the saved one, or a new one, without it. */
  readonly webhookPrivateKey?: string;
  readonly webhookFaults?: WebhookFaults;
  /** Whether every room has an active session by itself (`all`, the default). */
  readonly openRooms?: OpenRooms;
  /** What the files of a room say. */
  readonly utterances?: (roomId: string) => readonly Utterance[];
};

export type VideosdkSimulator = {
  /** For the caller to listen with. */
  readonly app: FastifyInstance;
  /** Of one room, or of all. */
  ledger(roomId?: string): Ledger;
  inject(fault: Fault): void;
  clearFaults(): void;
  /** Gives the room an active session, if it has none; returns its `sessionId`. */
  openSession(roomId: string): string;
  /** Ends the active session and its transcriptions, and tells of it; throws when there is none. */
  closeSession(roomId: string): void;
  /** Ends a transcription as the vendor does by itself. */
  endTask(id: string, cause: VendorEnd): void;
  failTask(id: string): void;
  /** Somebody else starts a transcription; returns its id, throws where a start is refused. */
  startForeign(roomId: string, webhookUrl?: string): string;
  /** Changes some of them; the others stay. */
  setAnswers(answers: Partial<VendorAnswers>): void;
  /** What happens to every webhook from now on; what is not given is off. */
  setWebhookFaults(faults: WebhookFaults): void;
  /** Sends a webhook, whether or not there is a reason; throws without a `webhookUrl`. */
  notify(id: string, webhookType: Exclude<WebhookType, 'session-ended'>): void;
  /** Signs with a new key pair from now on. */
  rotateKeys(): void;
  /** PEM, as the API gives it. */
  publicKey(): string;
  close(): Promise<void>;
};

/**
 * A strict simulator of VideoSDK's realtime transcription: its REST API, its files and its webhooks.
 * It refuses whatever the documentation forbids, and keeps a ledger of all it saw.
 */
export function createVideosdkSimulator(options: VideosdkSimulatorOptions): VideosdkSimulator {
  const { apiKey, secret, now = Date.now, stateFile } = options;
  const saved = loadState(stateFile);
  const sessions = new Sessions(now, options.openRooms ?? 'all', saved.sessions);
  const tasks = new Tasks(saved.tasks);
  const records = new Records(saved);
  const { calls, violations, webhooks } = records;
  const keys = new WebhookKeys(options.webhookPrivateKey ?? saved.webhookPrivateKey);
  const faults = new Faults();
  const state = new StateFile<SavedState>(stateFile, () => ({
    version: 1,
    webhookPrivateKey: keys.privateKey(),
    sessions: [...sessions.all()],
    tasks: tasks.all(),
    calls,
    violations,
    webhooks,
  }));
  const changed = (): void => state.schedule();
  const sender = new WebhookSender({ keys, records, faults, now, changed });
  sender.configure(options.webhookFaults ?? {});
  const answers = startAnswers(options);
  const utterances = options.utterances ?? (() => SAMPLE_UTTERANCES);
  const context = { answers, now, utterances, sessions, tasks, records, keys, sender };
  const project: Project = { apiKey, secret, ...context };
  const app = plainFastify('videosdk-simulator', options.log);
  const simulator: VideosdkSimulator = {
    app,
    ...controlsOf(project, changed),
    inject: (fault) => faults.inject(fault),
    clearFaults: () => faults.clear(),
    close: async () => {
      sender.close();
      await app.close();
      await state.flush();
    },
  };
  registerControls(app, simulator);
  registerApi(app, { project, faults, changed });
  return simulator;
}

function startAnswers(options: VideosdkSimulatorOptions): VendorAnswers {
  const { roomFilter, secondStart, failedTask, filesAppearAfterMs } = DEFAULT_ANSWERS;
  return {
    roomFilter: options.roomFilter ?? roomFilter,
    secondStart: options.secondStart ?? secondStart,
    failedTask: options.failedTask ?? failedTask,
    filesAppearAfterMs: options.filesAppearAfterMs ?? filesAppearAfterMs,
  };
}

function controlsOf(
  project: Project,
  changed: () => void,
): Omit<VideosdkSimulator, 'app' | 'inject' | 'clearFaults' | 'close'> {
  const { answers, keys, records, sender, sessions, tasks } = project;
  const changing = <T>(value: T): T => {
    changed();
    return value;
  };
  const existing = (id: string): Task => {
    const task = tasks.get(id);
    if (!task) throw new Error(`there is no transcription ${id}`);
    return task;
  };
  return {
    ledger: (roomId) => viewLedger(records, tasks, answers, roomId),
    openSession: (roomId) => changing(sessions.open(roomId).sessionId),
    closeSession: (roomId) => changing(closeSession(project, roomId)),
    endTask: (id, cause) => changing(endTask(project, existing(id), cause)),
    failTask: (id) => changing(endTask(project, existing(id), 'failed')),
    startForeign: (roomId, webhookUrl) => {
      const wanted = { roomId, startedBy: 'foreign', summary: { enabled: false } } as const;
      return changing(startTask(project, { ...wanted, webhookUrl }).id);
    },
    setAnswers: (some) => {
      Object.assign(answers, some);
    },
    setWebhookFaults: (faults) => sender.configure(faults),
    notify: (id, webhookType) => {
      const task = existing(id);
      if (task.webhookUrl === undefined) throw new Error(`${id} was started without a webhookUrl`);
      notify(project, task, webhookType);
    },
    rotateKeys: () => changing(keys.rotate()),
    publicKey: () => keys.publicKey(),
  };
}
