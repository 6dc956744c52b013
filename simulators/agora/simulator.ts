import type { FastifyInstance } from 'fastify';
import { plainFastify } from '../shared/plain-fastify.ts';
import { StateFile } from '../shared/state-file.ts';
import { CaptionWriter } from './captions/writer.ts';
import type { CaptionSettings } from './captions/writer.ts';
import { registerControls } from './control-routes.ts';
import { Faults } from './faults.ts';
import type { Fault } from './faults.ts';
import { Records, viewLedger } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { DEFAULT_LEGACY_ANSWERS } from './legacy/answers.ts';
import type { LegacyAnswers } from './legacy/answers.ts';
import { LEGACY_API } from './legacy/api.ts';
import { BuilderTokens } from './legacy/builder-tokens.ts';
import type { EventType } from './notifications/events.ts';
import { Notifier } from './notifications/notifier.ts';
import type { NotificationSettings } from './notifications/notifier.ts';
import type { Project } from './project.ts';
import { registerApis } from './serving.ts';
import { loadState } from './state-file.ts';
import type { SavedState } from './state-file.ts';
import { Tasks } from './tasks.ts';
import type { EndCause, Task } from './tasks.ts';
import { V7_API } from './v7/api.ts';

const STARTING_MS = 200;

/** v7: 72 h (Agora STT release notes, v7.2.3). Legacy: what a builderToken's resource lasts. */
const LIFETIME_MS = { v7: 259_200_000, legacy: 86_400_000 } as const;

/** "The validity period of a builderToken is 5 minutes" (for the start). */
const BUILDER_TOKEN_MS = 300_000;

export type AgoraSimulatorOptions = {
  readonly appId: string;
  readonly appCertificate: string;
  readonly customerId: string;
  readonly customerSecret: string;
  /** Where tasks and ledger outlive the process; in memory only without it. */
  readonly stateFile?: string;
  readonly log?: boolean;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** How long a task is STARTING before it is RUNNING, in ms (200). */
  readonly startingMs?: number;
  /** What a query of an ended v7 task answers, which Agora leaves open: its last status, or 404. */
  readonly endedQuery?: 'status' | 'not-found';
  /** Whether `list` gives the names of tasks too, which the reference doesn't say. */
  readonly listNames?: boolean;
  /** How long a task of either API lives at most, in ms (72 h; legacy 24 h). */
  readonly taskLifetimeMs?: number;
  /** How long a builderToken can start a task, in ms (5 minutes). */
  readonly builderTokenMs?: number;
  /** How the legacy API answers where its documentation leaves it open. */
  readonly legacyAnswers?: Partial<LegacyAnswers>;
  /** Where notifications of v7 tasks go; nowhere without it. */
  readonly notifications?: NotificationSettings;
  /** How the captions of tasks with a storage are written, of either API; not at all without it. */
  readonly captions?: CaptionSettings;
};

export type AgoraSimulator = {
  /** For the caller to listen with. */
  readonly app: FastifyInstance;
  /** Of one channel, or of all. */
  ledger(channel?: string): Ledger;
  inject(fault: Fault): void;
  clearFaults(): void;
  /** Ends a task of either API as the vendor does by itself; throws where it can't end so. */
  endTask(agentId: string, cause: EndCause): void;
  /** Changes some of them; the others stay. */
  setLegacyAnswers(answers: Partial<LegacyAnswers>): void;
  /** Sends notifications of what happens from now on; none without settings. */
  setNotifications(settings: NotificationSettings | undefined): void;
  /** Sends a notification of a v7 task, whether or not there is a reason; returns its `noticeId`. */
  notify(agentId: string, eventType: EventType): string;
  /** Uploads a file of captions that was lost, or whose upload failed; rejects when it fails again. */
  uploadLate(fileName: string): Promise<void>;
  close(): Promise<void>;
};

/**
 * A strict simulator of one project of Agora's Real-Time STT: the REST API v7 (join, query, list,
 * update, leave), the legacy one (acquire, start, query, update, stop) and the notifications.
 * It refuses whatever the documentation forbids, and keeps a ledger of all it saw.
 */
export function createAgoraSimulator(options: AgoraSimulatorOptions): AgoraSimulator {
  const { now = Date.now, stateFile, taskLifetimeMs: lifetimeMs } = options;
  const saved = loadState(stateFile);
  const lifetimes = lifetimeMs === undefined ? LIFETIME_MS : { v7: lifetimeMs, legacy: lifetimeMs };
  const tasks = new Tasks(now, lifetimes, saved.tasks);
  const builderTokens = new BuilderTokens(
    options.builderTokenMs ?? BUILDER_TOKEN_MS,
    saved.builderTokens,
  );
  const records = new Records(saved);
  const faults = new Faults();
  const { calls, violations, notifications, captions } = records;
  const state = new StateFile<SavedState>(stateFile, () => ({
    version: 1,
    tasks: tasks.all(),
    builderTokens: builderTokens.all(),
    calls,
    violations,
    notifications,
    captions,
  }));
  const changed = (): void => state.schedule();
  const notifier = new Notifier({ tasks, records, faults, now, changed });
  notifier.configure(options.notifications);
  const writer =
    options.captions &&
    new CaptionWriter({ tasks, records, notifier, now, changed }, options.captions);
  const project: Project = {
    appId: options.appId,
    appCertificate: options.appCertificate,
    endedQuery: options.endedQuery ?? 'status',
    listNames: options.listNames ?? false,
    legacyAnswers: { ...DEFAULT_LEGACY_ANSWERS, ...options.legacyAnswers },
    builderTokens,
    now,
    tasks,
    records,
    started: (task) => {
      notifier.watch(task);
      // No use for the keys of a storage that nothing is written to.
      if (writer) writer.watch(task);
      else task.captions = undefined;
    },
  };
  const existing = (agentId: string): Task => {
    const task = tasks.get(agentId);
    if (!task) throw new Error(`there is no task ${agentId}`);
    return task;
  };

  const app = plainFastify('agora-simulator', options.log);
  const simulator: AgoraSimulator = {
    app,
    ledger: (channel) => viewLedger(records, tasks, channel),
    inject: (fault) => faults.inject(fault),
    clearFaults: () => faults.clear(),
    endTask: (agentId, cause) => {
      tasks.end(existing(agentId), cause);
      changed();
    },
    setLegacyAnswers: (answers) => {
      Object.assign(project.legacyAnswers, answers);
    },
    setNotifications: (settings) => notifier.configure(settings),
    notify: (agentId, eventType) => notifier.notify(existing(agentId), eventType),
    uploadLate: async (fileName) => {
      if (!writer) throw new Error('no captions are configured');
      await writer.uploadLate(fileName);
    },
    close: async () => {
      await writer?.close();
      notifier.close();
      await app.close();
      await state.flush();
    },
  };
  registerControls(app, simulator);
  registerApis(app, [V7_API, LEGACY_API], {
    project,
    faults,
    authorization: Buffer.from(`${options.customerId}:${options.customerSecret}`).toString(
      'base64',
    ),
    startingMs: options.startingMs ?? STARTING_MS,
    changed,
  });
  return simulator;
}
