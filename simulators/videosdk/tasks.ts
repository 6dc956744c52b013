import { z } from 'zod';

const END_CAUSES = ['ended', 'stopped', 'session-ended', 'failed', 'vanished'] as const;

/**
 * How a transcription ends: by a call of `end`, by somebody in the room, with its session, or by an
 * error. One that vanished is unknown to the API, and no webhook tells of its end.
 */
export type EndCause = (typeof END_CAUSES)[number];

/** The ends that the vendor causes by itself. */
export const vendorEndSchema = z.enum(['stopped', 'failed', 'vanished']);
export type VendorEnd = z.infer<typeof vendorEndSchema>;

/** A transcription; times in ms since the epoch. */
export const taskSchema = z.object({
  id: z.string(),
  roomId: z.string(),
  sessionId: z.string(),
  startedBy: z.enum(['caller', 'foreign']),
  startedAtMs: z.number(),
  webhookUrl: z.string().optional(),
  language: z.string().optional(),
  modelId: z.string().optional(),
  summary: z.object({ enabled: z.boolean(), prompt: z.string().optional() }),
  end: z.object({ atMs: z.number(), cause: z.enum(END_CAUSES) }).nullable(),
});
export type Task = z.infer<typeof taskSchema>;

/** All transcriptions that ever were. */
export class Tasks {
  readonly #byId = new Map<string, Task>();

  constructor(saved: readonly Task[]) {
    for (const task of saved) this.add(task);
  }

  add(task: Task): void {
    this.#byId.set(task.id, task);
  }

  get(id: string): Task | undefined {
    return this.#byId.get(id);
  }

  /** In order of their start. */
  all(roomId?: string): Task[] {
    const tasks = [...this.#byId.values()];
    return roomId === undefined ? tasks : tasks.filter((task) => task.roomId === roomId);
  }

  /** In order of their start. */
  running(roomId: string): Task[] {
    return this.all(roomId).filter(({ end }) => end === null);
  }
}
