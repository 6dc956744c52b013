import { z } from 'zod';
import { configurationSchema } from './body-rules.ts';
import { captionPlanSchema } from './captions/plan.ts';

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

/** As v7 calls them; the legacy API has finer names for the same. */
export type TaskStatus = 'STARTING' | 'RUNNING' | 'STOPPED' | 'FAILED';

/** The two APIs of an Agora project: today's, and the one of builderTokens and tasks (v5, v6). */
const apiNameSchema = z.enum(['v7', 'legacy']);
export type ApiName = z.infer<typeof apiNameSchema>;

/** All that the simulator knows of a task; times in ms since the epoch. */
export const taskSchema = z.object({
  // State files that are older than the legacy API don't tell.
  api: apiNameSchema.default('v7'),
  /** In the legacy API its `taskId`. */
  agentId: z.string(),
  /** In the legacy API the `instanceId` of its builderToken. */
  name: z.string(),
  channel: z.string(),
  /** The bot that publishes. */
  botUid: z.string(),
  /** The bot that listens, where it is another. */
  subBotUid: z.string().optional(),
  createdAtMs: z.number(),
  runningAtMs: z.number(),
  tokenExpiresAtMs: z.number(),
  maxIdleSeconds: z.number(),
  configuration: configurationSchema,
  /** Nothing where no captions were wanted, or none are simulated. */
  captions: captionPlanSchema.optional(),
  /** False while the caller can't know of the task: its start's answer was lost or is still due. */
  joinAnswered: z.boolean(),
  lastCallAtMs: z.number(),
  lastSequenceId: z.number(),
  end: z.object({ atMs: z.number(), cause: endCauseSchema }).nullable(),
});
export type Task = z.infer<typeof taskSchema>;

/** All tasks that ever were, since names are single-use for ever. */
export class Tasks {
  readonly #now: () => number;
  readonly #lifetimeMs: Readonly<Record<ApiName, number>>;
  readonly #byAgentId = new Map<string, Task>();
  readonly #byName = new Map<string, Task>();
  readonly #byChannel = new Map<string, Task[]>();

  constructor(
    now: () => number,
    lifetimeMs: Readonly<Record<ApiName, number>>,
    saved: readonly Task[],
  ) {
    this.#now = now;
    this.#lifetimeMs = lifetimeMs;
    for (const task of saved) this.add(task);
  }

  add(task: Task): void {
    this.#byAgentId.set(task.agentId, task);
    if (task.api === 'v7') this.#byName.set(task.name, task);
    const neighbours = this.#byChannel.get(task.channel);
    if (neighbours) neighbours.push(task);
    else this.#byChannel.set(task.channel, [task]);
  }

  get(agentId: string): Task | undefined {
    return this.#settled(this.#byAgentId.get(agentId));
  }

  /** The tasks of one API are unknown to the other. */
  of(api: ApiName, agentId: string): Task | undefined {
    const task = this.get(agentId);
    return task?.api === api ? task : undefined;
  }

  /** Of the v7 API, the only one whose tasks have names. */
  named(name: string): Task | undefined {
    return this.#settled(this.#byName.get(name));
  }

  /** In order of creation. */
  all(channel?: string): Task[] {
    const found = channel === undefined ? this.#byAgentId.values() : this.#byChannel.get(channel);
    const tasks = [...(found ?? [])];
    for (const task of tasks) this.settle(task);
    return tasks;
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
  settle(task: Task): void {
    if (task.end) return;
    const lifetimeEndsAtMs = task.createdAtMs + this.#lifetimeMs[task.api];
    const atMs = Math.min(task.tokenExpiresAtMs, lifetimeEndsAtMs);
    if (this.#now() < atMs) return;
    task.end = { atMs, cause: atMs === lifetimeEndsAtMs ? 'lifetime' : 'token-expired' };
  }

  #settled(task: Task | undefined): Task | undefined {
    if (task) this.settle(task);
    return task;
  }
}
