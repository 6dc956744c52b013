import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';
import type { Fault } from '../domain/configuration-rules.ts';
import { readChange } from '../domain/configuration.ts';
import type { ConfigurationChange } from '../domain/configuration.ts';
import { isLive, LIVE_PROVIDERS } from '../domain/session.ts';
import { nextUpdateAtMs } from '../domain/spacing.ts';
import { CHANGE_ERRORS, keyOfUpdate } from './messages.ts';
import type { AcceptedChange } from './messages.ts';
import { countAccepted } from './metrics.ts';
import type { SessionRecord } from './session-record.ts';

/** How many of a session's accepted changes are remembered, so that a repeat of one does nothing. */
const REMEMBERED_CHANGES = 1_000;

/**
 * How many events a run may have before it takes no more changes. A run hands over long before, but not while it waits
 * for a task; the server ends one with 51,200.
 */
const MOST_EVENTS = 5_000;

/** What is kept of a change, for each of many: not the session. */
type Remembered = Pick<AcceptedChange, 'revision' | 'notBefore'>;

/** The repeatable changes a session has accepted, newest last, by update id. */
export type RememberedChanges = readonly (readonly [id: string, accepted: Remembered])[];

/** Takes changes into a session: checks them at once, and never keeps the caller waiting. */
export class ConfigurationChanges {
  readonly #record: SessionRecord;
  readonly #accepted: Map<string, Remembered>;
  /** The update id of each key. Before ids had a hash of the change, they were the keys. */
  readonly #idsOfKeys: Map<string, string>;

  constructor(record: SessionRecord, remembered: RememberedChanges = []) {
    this.#record = record;
    this.#accepted = new Map(remembered);
    this.#idsOfKeys = new Map(remembered.map(([id]) => [keyOfUpdate(id) ?? id, id]));
  }

  /** For the next run: the server knows the update ids of one run only. */
  get remembered(): RememberedChanges {
    return [...this.#accepted];
  }

  /** Throws why `change` can't be made: the session is over, or the change has no valid result. */
  validate(change: unknown, id?: string): ConfigurationChange {
    this.#refuseOtherUse(id);
    const { status, reconciliation, request } = this.#record;
    if (!isLive(status) && !this.#isRepeat(id)) {
      throw ApplicationFailure.nonRetryable(`the session is ${status}`, CHANGE_ERRORS.notLive);
    }
    const { unchangeable } = LIVE_PROVIDERS[request.provider];
    if (unchangeable !== null) {
      throw ApplicationFailure.nonRetryable(unchangeable, CHANGE_ERRORS.unchangeable);
    }
    if (workflowInfo().historyLength > MOST_EVENTS) {
      const message = 'too many changes while there is no task: send this one again later';
      throw ApplicationFailure.nonRetryable(message, CHANGE_ERRORS.tooMany);
    }
    const read = readChange(change, reconciliation.limits);
    if (!read.ok) throw unprocessable(read.faults);
    const result = reconciliation.preview(read.change);
    if (!result.ok && !this.#isRepeat(id)) throw unprocessable(result.faults);
    return read.change;
  }

  accept(change: ConfigurationChange, id?: string): AcceptedChange {
    const before = this.#acceptedBefore(id);
    if (before) return before;
    // Another one may have come with the same key since this one was validated.
    this.#refuseOtherUse(id);
    this.#record.reconciliation.accept(change);
    countAccepted(this.#record.request.provider);
    this.#record.publish();
    const accepted = this.#answer();
    if (id !== undefined) this.#remember(id, accepted);
    return { ...accepted, session: this.#record.view };
  }

  /** A change that came by signal has nobody to tell: why it is refused is kept in the session. */
  acceptOrRefuse(change: unknown): void {
    try {
      this.accept(this.validate(change));
    } catch (error) {
      // Whatever came: a signal never fails the session.
      this.#record.refuse(null, error instanceof Error ? error.message : 'is not a change');
    }
  }

  #isRepeat(id: string | undefined): boolean {
    return this.#acceptedBefore(id) !== undefined;
  }

  #acceptedBefore(id = ''): Remembered | undefined {
    return this.#accepted.get(id) ?? this.#accepted.get(keyOfUpdate(id) ?? '');
  }

  /** Throws where the key of update `id` came with another change before. */
  #refuseOtherUse(id = ''): void {
    const key = keyOfUpdate(id);
    const known = key === null ? undefined : this.#idsOfKeys.get(key);
    if (known === undefined || known === key || known === id) return;
    const message = 'the Idempotency-Key came with another change before';
    throw ApplicationFailure.nonRetryable(message, CHANGE_ERRORS.keyReused);
  }

  #remember(id: string, accepted: Remembered): void {
    const key = keyOfUpdate(id);
    if (key === null) return;
    this.#accepted.set(id, accepted);
    this.#idsOfKeys.set(key, id);
    const [oldest] = this.#accepted.keys();
    if (this.#accepted.size <= REMEMBERED_CHANGES || oldest === undefined) return;
    this.#accepted.delete(oldest);
    this.#idsOfKeys.delete(keyOfUpdate(oldest) ?? oldest);
  }

  #answer(): Remembered {
    const { reconciliation, notBeforeMs } = this.#record;
    const { revision, appliedRevision, applied, isPending } = reconciliation;
    const now = Date.now();
    const earliestMs = applied === null ? nextUpdateAtMs(now) : Math.max(notBeforeMs, now);
    const isWaiting = isPending || appliedRevision < revision;
    return { revision, notBefore: isWaiting ? new Date(earliestMs).toISOString() : null };
  }
}

function unprocessable(faults: readonly Fault[]): ApplicationFailure {
  return ApplicationFailure.create({
    type: CHANGE_ERRORS.unprocessable,
    message: faults.map(({ path, message }) => `${path} ${message}`.trim()).join('; '),
    nonRetryable: true,
    details: [faults],
  });
}
