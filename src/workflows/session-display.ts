import { setCurrentDetails, upsertMemo, upsertSearchAttributes } from '@temporalio/workflow';
import type { SessionStatus } from '../domain/session.ts';
import { SEARCH_ATTRIBUTES } from './messages.ts';
import type { SessionMemo } from './messages.ts';

/** Shows a session to everybody: its memo, its search attributes, and the current details in the Temporal UI. */
export class SessionDisplay {
  #shown = '';
  #status: SessionStatus;
  #newestTask: string | undefined;

  constructor(status: SessionStatus, newestTask: string | undefined) {
    this.#status = status;
    this.#newestTask = newestTask;
  }

  /** Shows what has changed since it was shown last; must follow every change in the same workflow task. */
  show({ session, pairs, transcript }: SessionMemo, details: string): void {
    setCurrentDetails(details);
    const shown = JSON.stringify({ session, pairs, transcript });
    if (shown !== this.#shown) upsertMemo({ session, pairs, transcript });
    this.#shown = shown;
  }

  /** Makes the session findable by what it is now, where that has changed. */
  index({ session: { status }, pairs }: SessionMemo, newestTask: string | undefined): void {
    const isNewTask = newestTask !== undefined && newestTask !== this.#newestTask;
    const isNewStatus = status !== this.#status;
    if (!isNewStatus && !isNewTask) return;
    this.#newestTask = newestTask ?? this.#newestTask;
    this.#status = status;
    const tasks = { key: SEARCH_ATTRIBUTES.tasks, value: pairs.map(({ id }) => id) };
    const changedAt = { key: SEARCH_ATTRIBUTES.changedAt, value: new Date() };
    upsertSearchAttributes([
      ...(isNewTask ? [tasks] : []),
      ...(isNewStatus ? [{ key: SEARCH_ATTRIBUTES.status, value: status }, changedAt] : []),
    ]);
  }
}
