import type { LiveProviderName } from './session.ts';
import type { Task, TaskStart } from './task.ts';

/** A run of a live session that was ended from outside, or failed: its own clean-up may be missing. */
export type EndedRun = {
  readonly sessionId: string;
  readonly runId: string;
  /** RFC 3339. */
  readonly closedAt: string;
};

/** What a run may have left at its vendor. */
export type Leftovers = EndedRun & {
  readonly provider: LiveProviderName;
  readonly channel: string;
  /** Tasks that it has started and not seen stopped. */
  readonly tasks: readonly Task[];
  /** Starts without a clear answer, which may have made a task. */
  readonly starts: readonly TaskStart[];
  /** Until when a start that was under way at the end may still take effect (RFC 3339); null = none was. */
  readonly settlesAt: string | null;
};

/** What became of a try to start a task: it runs, it was refused, or nobody knows. */
type StartOutcome = { readonly task: Task } | 'refused' | 'unanswered' | 'under-way';

/** What a run has done that makes a task, or takes one away. Times are RFC 3339. */
export type Step =
  | {
      readonly kind: 'start';
      readonly start: TaskStart;
      readonly triedAt: string;
      /** Until when it may take effect. */
      readonly until: string;
      readonly outcome: StartOutcome;
    }
  | { readonly kind: 'stopped'; readonly taskId: string }
  | { readonly kind: 'released'; readonly generation: number };

/** What is left of `steps`, in their order, after what the run before had handed over. */
export function leftoversOf(
  handedOver: Pick<Leftovers, 'tasks' | 'starts'>,
  steps: readonly Step[],
): Pick<Leftovers, 'tasks' | 'starts' | 'settlesAt'> {
  const tasks = new Map(handedOver.tasks.map((task) => [task.id, task]));
  const starts = new Map(handedOver.starts.map((start) => [start.generation, start]));
  let settlesAt: string | null = null;
  for (const step of steps) {
    if (step.kind === 'stopped') tasks.delete(step.taskId);
    else if (step.kind === 'released') starts.delete(step.generation);
    else {
      const { start, triedAt, until, outcome } = step;
      if (typeof outcome === 'object') {
        tasks.set(outcome.task.id, outcome.task);
        starts.delete(start.generation);
      } else if (outcome !== 'refused') {
        const unansweredSince = start.unansweredSince ?? triedAt;
        starts.set(start.generation, { ...start, unansweredSince, triedUntil: until });
      }
      if (outcome === 'under-way') settlesAt = until;
    }
  }
  return { tasks: [...tasks.values()], starts: [...starts.values()], settlesAt };
}
