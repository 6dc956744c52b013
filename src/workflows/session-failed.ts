import type { CallFailure } from './failures.ts';

/** A failure that ends the session. */
export class SessionFailed extends Error {
  override readonly name = 'SessionFailed';
  readonly failure: CallFailure;

  constructor(failure: CallFailure) {
    super(failure.message);
    this.failure = failure;
  }
}
