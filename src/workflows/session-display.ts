import { log, setCurrentDetails, upsertMemo, upsertSearchAttributes } from '@temporalio/workflow';
import type { SessionStatus } from '../domain/session.ts';
import { SEARCH_ATTRIBUTES } from './messages.ts';
import type { SessionMemo } from './messages.ts';

/** A search attribute holds 2 KiB: of a value that is larger, Temporal fails the workflow. */
const MOST_BYTES = 1_800;

/** Shows a session to everybody: its memo, its search attributes, and the current details in the Temporal UI. */
export class SessionDisplay {
  /** The fields of the memo, as JSON. */
  readonly #shown = new Map<string, string>();
  #status: SessionStatus;
  #newestTask: string | undefined;

  /** `shown` is what the memo has already. */
  constructor(status: SessionStatus, newestTask: string | undefined, shown?: SessionMemo) {
    this.#status = status;
    this.#newestTask = newestTask;
    if (shown) this.#takeChanges(shown);
  }

  /** Shows what has changed since it was shown last; must follow every change in the same workflow task. */
  show(memo: SessionMemo, details: string): void {
    setCurrentDetails(details);
    const changed = this.#takeChanges(memo);
    if (changed.length > 0) upsertMemo(Object.fromEntries(changed));
  }

  /** What has changed since it was taken last. */
  #takeChanges({ session, pairs, transcript }: SessionMemo) {
    const changed = Object.entries({ session, pairs, transcript }).filter(
      ([field, value]) => JSON.stringify(value) !== this.#shown.get(field),
    );
    for (const [field, value] of changed) this.#shown.set(field, JSON.stringify(value));
    return changed;
  }

  /** Makes the session findable by what it is now, where that has changed. */
  index({ session, pairs }: SessionMemo, newestTask: string | undefined): void {
    const { status, endReason, failure } = session;
    const isNewTask = newestTask !== undefined && newestTask !== this.#newestTask;
    const isNewStatus = status !== this.#status;
    if (!isNewStatus && !isNewTask) return;
    this.#newestTask = newestTask ?? this.#newestTask;
    this.#status = status;
    log.info('session changed', { status, task: newestTask, endReason, failure });
    const tasks = { key: SEARCH_ATTRIBUTES.tasks, value: newestThatFit(pairs.map(({ id }) => id)) };
    const changedAt = { key: SEARCH_ATTRIBUTES.changedAt, value: new Date() };
    upsertSearchAttributes([
      ...(isNewTask ? [tasks] : []),
      ...(isNewStatus ? [{ key: SEARCH_ATTRIBUTES.status, value: status }, changedAt] : []),
    ]);
  }
}

/** The last of `ids`, as many as a search attribute holds: by those before, the session is not found. */
function newestThatFit(ids: readonly string[]): string[] {
  let bytes = 0;
  const fits = (id: string) => (bytes += encodeURIComponent(id).length + 3) <= MOST_BYTES;
  const tooMany = ids.findLastIndex((id) => !fits(id));
  return ids.slice(tooMany + 1);
}
