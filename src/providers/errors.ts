export type ProviderErrorKind = 'rejected' | 'not-found' | 'throttled' | 'unavailable';

/** What a vendor's error tells about the next call. */
export type ErrorFacts = {
  /** The vendor's Retry-After. */
  readonly retryAfterMs?: number | undefined;
  /** The vendor's highest sequence id, when it refused ours for being stale. */
  readonly lastSequenceId?: number;
  /** Of the answer that refused. */
  readonly status?: number;
  /** The request never left: nothing happened. */
  readonly isUnsent?: boolean;
  /** No answer came in its time. */
  readonly isTimeout?: boolean;
  /** The start can't be repeated: its name was used for a task that has ended. */
  readonly isNameSpent?: boolean;
  /** Nothing is wrong: it is only to be waited for something. */
  readonly isWait?: boolean;
};

/**
 * The one error of every vendor. `message` is the vendor's own words where it gave any, and never holds a secret.
 * - `rejected`: the vendor understood and refused; the same request would be refused again.
 * - `not-found`: the vendor does not know what the request names.
 * - `throttled`: too many requests; nothing happened.
 * - `unavailable`: no answer, or none that tells; it may have happened.
 */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly kind: ProviderErrorKind;
  readonly facts: ErrorFacts;

  constructor(kind: ProviderErrorKind, message: string, facts: ErrorFacts = {}) {
    super(message);
    this.kind = kind;
    this.facts = facts;
  }
}
