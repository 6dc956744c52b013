import { Refusal } from './answers.ts';
import type { BuilderTokens } from './legacy/builder-tokens.ts';
import type { LegacyAnswers } from './legacy/answers.ts';
import type { Records } from './ledger.ts';
import type { Task, Tasks } from './tasks.ts';

/** The one Agora project that is simulated. */
export type Project = {
  readonly appId: string;
  readonly appCertificate: string;
  readonly endedQuery: 'status' | 'not-found';
  readonly listNames: boolean;
  readonly legacyAnswers: LegacyAnswers;
  readonly builderTokens: BuilderTokens;
  readonly now: () => number;
  readonly tasks: Tasks;
  readonly records: Records;
  /** Called with each task that was started. */
  readonly started: (task: Task) => void;
};

export type ApiRequest = {
  /** Empty for operations on no task; in the legacy API the `taskId`. */
  readonly agentId: string;
  readonly query: unknown;
  /** Undefined without a body, `INVALID_JSON` for one that isn't JSON. */
  readonly body: unknown;
  /** How long a task that is started now stays STARTING. */
  readonly startingMs: number;
};

type NewTask = Pick<
  Task,
  | 'api'
  | 'agentId'
  | 'name'
  | 'channel'
  | 'botUid'
  | 'subBotUid'
  | 'tokenExpiresAtMs'
  | 'maxIdleSeconds'
  | 'configuration'
  | 'captions'
>;

/** Starts a task, unless one of its bots has a uid that another bot of the channel uses. */
export function startTask(project: Project, startingMs: number, facts: NewTask): Task {
  const nowMs = project.now();
  refuseUsedBots(project.tasks, facts);
  const task: Task = {
    ...facts,
    createdAtMs: nowMs,
    runningAtMs: nowMs + startingMs,
    joinAnswered: false,
    lastCallAtMs: nowMs,
    lastSequenceId: 0,
    end: null,
  };
  project.tasks.add(task);
  project.started(task);
  return task;
}

export function unixSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}

function refuseUsedBots(tasks: Tasks, { channel, botUid, subBotUid }: NewTask): void {
  const used = new Set<string | undefined>();
  for (const task of tasks.all(channel)) {
    if (!task.end) used.add(task.botUid).add(task.subBotUid);
  }
  const uid = [botUid, subBotUid].find((wanted) => wanted !== undefined && used.has(wanted));
  if (uid === undefined) return;
  throw new Refusal(400, 'bot-uid', `bot uid "${uid}" is already in use in channel "${channel}"`);
}
