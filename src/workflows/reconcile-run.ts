import type { EndedRun, Leftovers } from '../domain/leftovers.ts';
import {
  cut,
  GIVEN_UP_AFTER_MS,
  type OpenRun,
  type ReconcileFailure,
  type Released,
  type Unowned,
} from '../domain/reconcile-report.ts';
import type { ProviderName } from '../domain/sessions.ts';
import { readFailure } from './failures.ts';
import type { ReconcileOptions } from './messages.ts';
import { searchActivities, vendorActivities } from './reconcile-activities.ts';

/** How many sessions are looked at and released at a time: sessions that live come first. */
const AT_A_TIME = 10;
/** After so many failures in a row a vendor is left alone until the next reconciliation. */
const FAILURES_IN_A_ROW = 10;
/** After this long the rest is left to the next one. */
const LONGEST_MS = 15 * 60_000;

/** What a reconciliation has done so far. */
export class ReconcileRun {
  readonly released: Released[] = [];
  readonly unowned: Unowned[] = [];
  readonly failures: ReconcileFailure[] = [];
  readonly waiting: ReconcileFailure[] = [];
  readonly running: Partial<Record<ProviderName, number | null>> = {};
  /** How many tasks are nobody's, told of or not. */
  readonly unownedCounts: Partial<Record<ProviderName, number>> = {};
  /** The runs that have to be looked at again, and those that need not. */
  readonly settled: EndedRun[] = [];
  readonly #skipped: OpenRun[] = [];
  readonly #tried: OpenRun[] = [];
  /** How many calls to a provider have failed in a row; Infinity = no worker has it. */
  readonly #inVain = new Map<ProviderName, number>();
  readonly #endsAtMs = Date.now() + LONGEST_MS;

  get open(): readonly OpenRun[] {
    return [...this.#skipped, ...this.#tried];
  }

  /** Releases what `runs` have left, then compares what the vendors run with the sessions that there are. */
  async reconcile(
    runs: readonly (EndedRun | OpenRun)[],
    options: ReconcileOptions,
    unownedBefore: readonly string[],
  ): Promise<void> {
    const tries = new Map(runs.map((run) => [run.runId, 'tries' in run ? run.tries : 0]));
    const all: Leftovers[] = [];
    for (const some of batches(runs)) all.push(...(await this.#read(some, tries)));
    const providers = new Set([...options.providers, ...all.map(({ provider }) => provider)]);
    await Promise.all(
      [...providers].map(async (provider) => {
        const its = all.filter((leftovers) => leftovers.provider === provider);
        for (const some of batches(its)) {
          await Promise.all(some.map((leftovers) => this.#releaseAll(leftovers, tries)));
        }
        if (options.providers.includes(provider)) {
          await this.#compare(provider, options, unownedBefore);
        }
      }),
    );
  }

  async #read(
    runs: readonly EndedRun[],
    tries: ReadonlyMap<string, number>,
  ): Promise<readonly Leftovers[]> {
    const { readLeftovers } = searchActivities();
    const summary = `read what ${runs.length} session(s) have left`;
    let read: readonly Leftovers[] = [];
    const isRead = await this.#attempt(null, null, async () => {
      const { left, unread, gone } = await readLeftovers.executeWithOptions({ summary }, [runs]);
      read = left;
      this.settled.push(...gone);
      for (const run of unread) {
        this.#fail(null, run.sessionId, 'its history could not be read: see the log of the worker');
        this.#keepOpen(run, null, tries);
      }
      return true;
    });
    if (!isRead) for (const run of runs) this.#keepOpen(run, null, tries);
    return read;
  }

  async #releaseAll(leftovers: Leftovers, tries: ReadonlyMap<string, number>): Promise<void> {
    const { sessionId, runId, closedAt, provider, settlesAt } = leftovers;
    const run = { sessionId, runId, closedAt };
    if (this.#isSkipped(provider)) {
      this.#skipped.push({ ...run, tries: tries.get(runId) ?? 0, triedAt: closedAt });
      return;
    }
    const areTasksReleased = await this.#releaseTasks(leftovers);
    const isEarly = settlesAt !== null && Date.parse(settlesAt) > Date.now();
    if (isEarly) this.#wait(provider, sessionId, `its start may take effect until ${settlesAt}`);
    const areStartsReleased = !isEarly && (await this.#releaseStarts(leftovers));
    if (areTasksReleased && areStartsReleased) this.settled.push(run);
    else this.#keepOpen(run, provider, tries);
  }

  #keepOpen(
    { sessionId, runId, closedAt }: EndedRun,
    provider: ProviderName | null,
    tries: ReadonlyMap<string, number>,
  ): void {
    const run = { sessionId, runId, closedAt };
    if (Date.now() - Date.parse(closedAt) < GIVEN_UP_AFTER_MS) {
      const triedAt = new Date().toISOString();
      this.#tried.push({ ...run, tries: (tries.get(runId) ?? 0) + 1, triedAt });
      return;
    }
    this.#fail(provider, sessionId, 'given up: see at the vendor whether something of it runs');
    this.settled.push(run);
  }

  async #releaseTasks(leftovers: Leftovers): Promise<boolean> {
    const { sessionId, runId, provider, channel, tasks } = leftovers;
    if (tasks.length === 0) return true;
    const { releaseTasks } = vendorActivities(provider);
    return this.#attempt(provider, sessionId, async () => {
      const summary = `stop what ${sessionId} has left`;
      const left = { sessionId, channel, tasks };
      const releases = await releaseTasks.executeWithOptions({ summary }, [left]);
      for (const { taskId, outcome } of releases) {
        if (outcome === 'stopped') this.released.push({ sessionId, runId, provider, taskId });
        if (typeof outcome === 'object') this.#tell(provider, sessionId, outcome);
      }
      return releases.every(({ outcome }) => typeof outcome !== 'object');
    });
  }

  async #releaseStarts({ sessionId, runId, provider, starts }: Leftovers): Promise<boolean> {
    const { releaseStart } = vendorActivities(provider);
    let areReleased = true;
    for (const start of starts) {
      const isReleased = await this.#attempt(provider, sessionId, async () => {
        const summary = `stop what a start of ${sessionId} without an answer may have left`;
        const taskId = await releaseStart.executeWithOptions({ summary }, [start]);
        if (taskId !== null) this.released.push({ sessionId, runId, provider, taskId });
        return true;
      });
      areReleased &&= isReleased;
    }
    return areReleased;
  }

  async #compare(
    provider: ProviderName,
    options: ReconcileOptions,
    unownedBefore: readonly string[],
  ): Promise<void> {
    const { listUnowned, releaseTasks } = vendorActivities(provider);
    this.running[provider] = null;
    await this.#attempt(provider, null, async () => {
      const summary = `what ${provider} runs that is nobody's`;
      const graceMs = options.graceSeconds * 1_000;
      const listed = await listUnowned.executeWithOptions({ summary }, [graceMs]);
      this.running[provider] = listed.running;
      let count = listed.count;
      for (const { task, channel, sessionId } of listed.unowned) {
        let outcome: string | null = null;
        // A job of Amazon Transcribe can't be stopped; and what was not nobody's before may be about to be somebody's.
        const isToStop = options.stopsUnowned && unownedBefore.includes(task.id);
        if (isToStop && provider !== 'amazon-transcribe') {
          await this.#attempt(provider, sessionId, async () => {
            const left = { sessionId, channel, tasks: [task] };
            const what = { summary: `stop ${task.id}, which is nobody's` };
            const [release] = await releaseTasks.executeWithOptions(what, [left]);
            if (typeof release?.outcome === 'string') outcome = release.outcome;
            else if (release) this.#tell(provider, sessionId, release.outcome);
            return outcome !== null;
          });
        }
        const isStopped = outcome === 'stopped';
        if (outcome !== null) count -= 1;
        if (outcome === 'owned' || outcome === 'ended') continue;
        const { id: taskId, startedAt } = task;
        this.unowned.push({ provider, taskId, channel, startedAt, sessionId, isStopped });
      }
      this.unownedCounts[provider] = count;
      return true;
    });
  }

  /** Whether the work was done. A failure is for the report; only a cancellation ends the reconciliation. */
  async #attempt(
    provider: ProviderName | null,
    sessionId: string | null,
    work: () => Promise<boolean>,
  ): Promise<boolean> {
    try {
      const isDone = await work();
      if (isDone && provider !== null) this.#inVain.delete(provider);
      return isDone;
    } catch (error) {
      const failure = readFailure(error);
      if (provider !== null && failure.kind === 'timeout' && !failure.mayHaveHappened) {
        this.#inVain.set(provider, Infinity);
      }
      this.#tell(provider, sessionId, {
        failure: failure.message,
        isWait: failure.isWait ?? false,
      });
      return false;
    }
  }

  #isSkipped(provider: ProviderName): boolean {
    const inVain = this.#inVain.get(provider) ?? 0;
    return inVain >= FAILURES_IN_A_ROW || Date.now() > this.#endsAtMs;
  }

  #tell(
    provider: ProviderName | null,
    sessionId: string | null,
    { failure, isWait }: { readonly failure: string; readonly isWait: boolean },
  ): void {
    if (isWait) this.#wait(provider, sessionId, failure);
    else this.#fail(provider, sessionId, failure);
  }

  #wait(provider: ProviderName | null, sessionId: string | null, message: string): void {
    this.waiting.push({ provider, sessionId, message: cut(message) });
  }

  #fail(provider: ProviderName | null, sessionId: string | null, message: string): void {
    if (provider !== null) this.#inVain.set(provider, (this.#inVain.get(provider) ?? 0) + 1);
    this.failures.push({ provider, sessionId, message: cut(message) });
  }
}

function batches<T>(members: readonly T[]): (readonly T[])[] {
  const starts = Array.from({ length: Math.ceil(members.length / AT_A_TIME) }, (_, index) => index);
  return starts.map((index) => members.slice(index * AT_A_TIME, (index + 1) * AT_A_TIME));
}
