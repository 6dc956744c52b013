import { z } from 'zod';
import { configurationSchema } from './body-rules.ts';

/** Ways in which a task ends, each with what notification 102 says of it. */
const ENDS = {
  idle: { status: 'STOPPED', message: 'Idle for too long' },
  lifetime: { status: 'STOPPED', message: 'Task exceeded maximum lifetime' },
  left: { status: 'STOPPED', message: 'OK' },
  failed: { status: 'FAILED', message: 'Fatal ASR error' },
  'token-expired': { status: 'FAILED', message: 'RTC connection error' },
  vanished: { status: 'STOPPED', message: 'OK' },
} as const;

export type EndCause = keyof typeof ENDS;
export const endCauseSchema = z.enum([
  'idle',
  'lifetime',
  'left',
  'failed',
  'token-expired',
  'vanished',
]);

export type TaskStatus = 'STARTING' | 'RUNNING' | 'STOPPED' | 'FAILED';

/** A task ends 72 h after its start, whatever its idle time (Agora STT release notes, v7.2.3). */
const MAX_LIFETIME_MS = 259_200_000;

/** All that the simulator knows of a task; times in ms since the epoch. */
export const taskSchema = z.object({
  agentId: z.string(),
  name: z.string(),
  channel: z.string(),
  botUid: z.string(),
  createdAtMs: z.number(),
  runningAtMs: z.number(),
  tokenExpiresAtMs: z.number(),
  maxIdleSeconds: z.number(),
  configuration: configurationSchema,
  /** False while the caller can't know of the task: its join's answer was lost or is still due. */
  joinAnswered: z.boolean(),
  lastCallAtMs: z.number(),
  lastSequenceId: z.number(),
  end: z.object({ atMs: z.number(), cause: endCauseSchema }).nullable(),
});
export type Task = z.infer<typeof taskSchema>;

/** All tasks that ever were, since names are single-use for ever. */
export class Tasks {
  readonly #now: () => number;
  readonly #byAgentId = new Map<string, Task>();
  readonly #byName = new Map<string, Task>();
  readonly #byChannel = new Map<string, Task[]>();

  constructor(now: () => number, saved: readonly Task[]) {
    this.#now = now;
    for (const task of saved) this.add(task);
  }

  add(task: Task): void {
    this.#byAgentId.set(task.agentId, task);
    this.#byName.set(task.name, task);
    this.#byChannel.set(task.channel, [...(this.#byChannel.get(task.channel) ?? []), task]);
  }

  get(agentId: string): Task | undefined {
    return this.#settled(this.#byAgentId.get(agentId));
  }

  named(name: string): Task | undefined {
    return this.#settled(this.#byName.get(name));
  }

  /** In order of creation. */
  all(channel?: string): Task[] {
    const found = channel === undefined ? this.#byAgentId.values() : this.#byChannel.get(channel);
    return [...(found ?? [])].filter((task) => this.#settled(task));
  }

  status(task: Task): TaskStatus {
    if (task.end) return ENDS[task.end.cause].status;
    return this.#now() < task.runningAtMs ? 'STARTING' : 'RUNNING';
  }

  message(task: Task): string {
    return task.end ? ENDS[task.end.cause].message : 'OK';
  }

  /** The first end counts, except that any task can vanish. */
  end(task: Task, cause: EndCause): void {
    if (cause === 'idle' && task.maxIdleSeconds === 0) {
      throw new Error(`task ${task.agentId} was started with maxIdleTime 0: it never ends as idle`);
    }
    if (task.end && cause !== 'vanished') return;
    task.end = { atMs: task.end?.atMs ?? this.#now(), cause };
  }

  /** Lets the clock end a task; looking at it is soon enough, as no one else can see it. */
  #settled(task: Task | undefined): Task | undefined {
    if (!task || task.end) return task;
    const lifetimeEndsAtMs = task.createdAtMs + MAX_LIFETIME_MS;
    const atMs = Math.min(task.tokenExpiresAtMs, lifetimeEndsAtMs);
    if (this.#now() < atMs) return task;
    task.end = { atMs, cause: atMs === lifetimeEndsAtMs ? 'lifetime' : 'token-expired' };
    return task;
  }
}
