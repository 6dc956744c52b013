import type { Target } from './blows.ts';

/** A moment of a session at which something may go wrong: one kind of call to its vendor. */
export type Step = {
  /** As it is called in the table. */
  readonly name: string;
  /** Whether the call changes anything at the vendor: else before and after are the same. */
  readonly hasEffect: boolean;
  /** The session is over by then, and stays as it ended: only its transcript is still to come. */
  readonly isAfterEnd?: true;
  /** The call does not tell whose it is: it can be hit only while no other scene makes the same. */
  readonly isAnonymous?: true;
};

/** One session under one fault: it is led to a step, hit there, and has to come to a good end. */
export type Scene = {
  readonly step: Step;
  /** Known once `trigger` has been called, as `target` is. */
  readonly sessionId: string;
  /** The call that is hit. */
  target(): Target;
  /** Brings the session to where the step is next. */
  lead(): Promise<void>;
  /** Lets the step happen, not before the next I/O; settles when the caller has its answer, maybe long after the step. */
  trigger(): Promise<void>;
  /** Lives on as if nothing had been, up to the session's ordinary end. */
  conclude(): Promise<void>;
  /** Every promise that was not kept, in words; none, as it should be. `how` is how the session was to end. */
  verdict(how: Ending): string[];
};

/** `ordinary`: by its own course or a stop; else by an operator, at any moment. */
export type Ending = 'ordinary' | 'cancelled' | 'terminated';
