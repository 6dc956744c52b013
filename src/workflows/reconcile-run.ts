import type { EndedRun, Leftovers } from '../domain/leftovers.ts';
import type { ReconcileFailure, Released, Unowned } from '../domain/reconcile-report.ts';
import type { ProviderName } from '../domain/sessions.ts';
import { readFailure } from './failures.ts';
import type { ReconcileOptions } from './messages.ts';
import { searchActivities, vendorActivities } from './reconcile-activities.ts';

/** How much of what is nobody's is told, and stopped, at a time. */
const MOST_UNOWNED = 100;

/** What a reconciliation has done so far. */
export class ReconcileRun {
  readonly released: Released[] = [];
  readonly unowned: Unowned[] = [];
  readonly failures: ReconcileFailure[] = [];
  readonly running: Partial<Record<ProviderName, number | null>> = {};
  /** The runs that have to be looked at again, and those that need not. */
  readonly open: EndedRun[] = [];
  readonly settled: EndedRun[] = [];

  /** Releases what `runs` have left. */
  async release(runs: readonly EndedRun[]): Promise<void> {
    const { readLeftovers } = searchActivities();
    const summary = `read what ${runs.length} session(s) have left`;
    const all = await readLeftovers.executeWithOptions({ summary }, [runs]);
    await Promise.all(all.map((leftovers) => this.#releaseAll(leftovers)));
    const isSettled = ({ runId }: EndedRun) => !this.open.some((run) => run.runId === runId);
    this.settled.push(...runs.filter(isSettled));
  }

  async #releaseAll(leftovers: Leftovers): Promise<void> {
    const { sessionId, runId, closedAt, provider, settlesAt } = leftovers;
    const failuresBefore = this.#failuresOf(sessionId);
    await this.#releaseTasks(leftovers);
    const isEarly = settlesAt !== null && Date.parse(settlesAt) > Date.now();
    if (isEarly) this.#fail(provider, sessionId, `its start may take effect until ${settlesAt}`);
    else await this.#releaseStarts(leftovers);
    if (this.#failuresOf(sessionId) > failuresBefore) {
      this.open.push({ sessionId, runId, closedAt });
    }
  }

  async #releaseTasks({ sessionId, runId, provider, channel, tasks }: Leftovers): Promise<void> {
    if (tasks.length === 0) return;
    const { releaseTasks } = vendorActivities(provider);
    await this.#attempt(provider, sessionId, async () => {
      const summary = `stop what ${sessionId} has left`;
      const releases = await releaseTasks.executeWithOptions({ summary }, [
        { sessionId, channel, tasks },
      ]);
      for (const { taskId, outcome } of releases) {
        if (outcome === 'stopped') this.released.push({ sessionId, runId, provider, taskId });
        if (typeof outcome === 'object') this.#fail(provider, sessionId, outcome.failure);
      }
    });
  }

  async #releaseStarts({ sessionId, runId, provider, starts }: Leftovers): Promise<void> {
    const { releaseStart } = vendorActivities(provider);
    for (const start of starts) {
      await this.#attempt(provider, sessionId, async () => {
        const summary = `stop what a start of ${sessionId} without an answer may have left`;
        const taskId = await releaseStart.executeWithOptions({ summary }, [start]);
        if (taskId !== null) this.released.push({ sessionId, runId, provider, taskId });
      });
    }
  }

  /** Compares what the provider's vendor runs with the sessions that there are. */
  async compare(provider: ProviderName, options: ReconcileOptions): Promise<void> {
    const { listUnowned, releaseTasks } = vendorActivities(provider);
    this.running[provider] = null;
    await this.#attempt(provider, null, async () => {
      const summary = `what ${provider} runs that is nobody's`;
      const graceMs = options.graceSeconds * 1_000;
      const listed = await listUnowned.executeWithOptions({ summary }, [graceMs]);
      this.running[provider] = listed.running;
      for (const { task, channel, sessionId } of listed.unowned.slice(0, MOST_UNOWNED)) {
        let isStopped = false;
        // A job of Amazon Transcribe can't be stopped.
        if (options.stopsUnowned && provider !== 'amazon-transcribe') {
          await this.#attempt(provider, sessionId, async () => {
            const [release] = await releaseTasks.executeWithOptions(
              { summary: `stop ${task.id}, which is nobody's` },
              [{ sessionId, channel, tasks: [task] }],
            );
            isStopped = release?.outcome === 'stopped';
            if (typeof release?.outcome === 'object') {
              this.#fail(provider, sessionId, release.outcome.failure);
            }
          });
        }
        const { id: taskId, startedAt } = task;
        this.unowned.push({ provider, taskId, channel, startedAt, sessionId, isStopped });
      }
    });
  }

  /** A failure is for the report; only a cancellation ends the reconciliation. */
  async #attempt(
    provider: ProviderName,
    sessionId: string | null,
    work: () => Promise<void>,
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#fail(provider, sessionId, readFailure(error).message);
    }
  }

  #fail(provider: ProviderName, sessionId: string | null, message: string): void {
    this.failures.push({ provider, sessionId, message });
  }

  #failuresOf(sessionId: string): number {
    return this.failures.filter((failure) => failure.sessionId === sessionId).length;
  }
}
