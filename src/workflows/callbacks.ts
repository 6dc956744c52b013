import {
  CancellationScope,
  condition,
  ParentClosePolicy,
  setHandler,
  sleep,
  startChild,
  workflowInfo,
  WorkflowIdReusePolicy,
} from '@temporalio/workflow';
import { callbackId, deliveryWorkflowId, newDelivery } from '../domain/callbacks.ts';
import type { Callback, CallbackType } from '../domain/callbacks.ts';
import { isEnded } from '../domain/session.ts';
import type { Session, SessionRequest } from '../domain/sessions.ts';
import { deliverCallback } from './deliver-callback.ts';
import { callbackGone } from './messages.ts';

/** The least time between two `session.updated`: what changes meanwhile is told by the next one. */
const UPDATES_GAP_MS = 5_000;

/** What a session's next run has to know of its callbacks: plain JSON. */
export type CallbackState = {
  /** How many events there were. */
  readonly count: number;
  readonly isRunningTold: boolean;
  readonly isEndTold: boolean;
  readonly isTranscriptTold: boolean;
  /** What the last event told of the changes of the session. */
  readonly changes: string;
  /** When the last `session.updated` was, in ms since the epoch. */
  readonly updatedAtMs: number;
  /** The receiver wants no more of them. */
  readonly isGone: boolean;
  /** Those whose delivery has not begun: a run that ends before it has begins none, and leaves it to the next. */
  readonly unbegun: readonly Callback[];
};

export type CallbackOptions = {
  /** Undefined = nobody wants to be called back. */
  readonly url: string | undefined;
  readonly sessionId: string;
  readonly firstRunId: string;
  /** The session as it is now. */
  readonly view: () => Session & { readonly runId: string };
};

/** What the workflow that takes over from a session has to know to tell of its transcript. */
export type CallbacksLeft = {
  readonly url: string;
  readonly state: CallbackState;
  readonly session: Session & { readonly runId: string };
};

const BEGINNING: CallbackState = {
  count: 0,
  isRunningTold: false,
  isEndTold: false,
  isTranscriptTold: false,
  changes: changesOf({}),
  updatedAtMs: 0,
  isGone: false,
  unbegun: [],
};

/**
 * Tells the session's `callbackUrl` what happens to the session, each event by a workflow of its own, which goes on
 * after the session's end. A session without one is left without a trace.
 */
export class Callbacks {
  readonly #options: CallbackOptions;
  #state: CallbackState;
  #isUpdateWaiting = false;

  constructor(options: CallbackOptions, state: CallbackState = BEGINNING) {
    this.#options = options;
    this.#state = state;
    if (options.url === undefined) return;
    setHandler(callbackGone, ({ firstRunId }) => {
      if (firstRunId === options.firstRunId) this.#note({ isGone: true });
    });
    for (const callback of state.unbegun) void this.#begin(callback);
  }

  /** For the next run; undefined when there are no callbacks. */
  get state(): CallbackState | undefined {
    return this.#options.url === undefined ? undefined : this.#state;
  }

  get left(): CallbacksLeft | undefined {
    const { url, view } = this.#options;
    return url === undefined ? undefined : { url, state: this.#state, session: view() };
  }

  /** Resolves once every delivery has begun. */
  async begun(): Promise<void> {
    const areBegun = () => this.#state.unbegun.length === 0;
    if (!areBegun()) await CancellationScope.nonCancellable(() => condition(areBegun));
  }

  /** The session may have changed: tells what of it has not been told. Must follow every change. */
  notice(): void {
    if (this.#options.url === undefined || this.#state.isGone) return;
    const session = this.#options.view();
    const { isRunningTold, isEndTold, isTranscriptTold, changes } = this.#state;
    if (!isRunningTold && (session.status === 'running' || session.status === 'transcribing')) {
      this.#note({ isRunningTold: true });
      this.#announce('session.running');
    } else if (!isEnded(session.status) && changesOf(session) !== changes) {
      this.#update();
    }
    if (!isEndTold && isEnded(session.status)) {
      this.#note({ isEndTold: true });
      this.#announce('session.ended');
    }
    if (!isTranscriptTold && session.transcript !== null) {
      this.#note({ isTranscriptTold: true });
      this.#announce('transcript.ready');
    }
  }

  /** A change was applied or refused: told at once, or once the last such event is long enough ago. */
  #update(): void {
    if (this.#isUpdateWaiting) return;
    const waitMs = this.#state.updatedAtMs + UPDATES_GAP_MS - Date.now();
    if (waitMs <= 0) {
      this.#note({ updatedAtMs: Date.now() });
      this.#announce('session.updated');
      return;
    }
    void this.#updateIn(waitMs);
  }

  async #updateIn(waitMs: number): Promise<void> {
    this.#isUpdateWaiting = true;
    const summary = 'the next session.updated tells of all that changes meanwhile';
    await CancellationScope.nonCancellable(() => sleep(waitMs, { summary }));
    this.#isUpdateWaiting = false;
    this.notice();
  }

  #note(facts: Partial<CallbackState>): void {
    this.#state = { ...this.#state, ...facts };
  }

  /** Every event tells the whole session: what has changed by then needs no event of its own. */
  #announce(type: CallbackType): void {
    const { url, sessionId, firstRunId, view } = this.#options;
    if (url === undefined) return;
    const count = this.#state.count + 1;
    const data = view();
    const payload = { type, timestamp: new Date().toISOString(), data };
    const callback = { id: callbackId(firstRunId, count), sessionId, url, payload };
    const unbegun = [...this.#state.unbegun, callback];
    this.#note({ count, changes: changesOf(data), unbegun });
    void this.#begin(callback);
  }

  async #begin(callback: Callback): Promise<void> {
    const { id, sessionId, payload } = callback;
    try {
      await CancellationScope.nonCancellable(() =>
        startChild(deliverCallback, {
          workflowId: deliveryWorkflowId(sessionId, id) ?? id,
          // A session that an operator has reset tells nothing twice, nor does one that has handed over.
          workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
          parentClosePolicy: ParentClosePolicy.ABANDON,
          staticSummary: `${payload.type} of ${sessionId}`,
          memo: { delivery: newDelivery(callback, []) },
          args: [callback],
        }),
      );
    } catch {
      // There is one already.
    } finally {
      this.#note({ unbegun: this.#state.unbegun.filter((other) => other.id !== id) });
    }
  }
}

/** The callbacks of the session whose workflow this is, which `view` shows. */
export function callbacksOf(
  { callbackUrl: url }: SessionRequest,
  view: () => Session,
  state?: CallbackState,
): Callbacks {
  const { workflowId: sessionId, firstExecutionRunId: firstRunId, runId } = workflowInfo();
  const shown = () => ({ ...view(), runId });
  return new Callbacks({ url, sessionId, firstRunId, view: shown }, state);
}

/** What tells one state of the session's changes from another. */
function changesOf(session: object): string {
  const applied: unknown = Reflect.get(session, 'appliedRevision') ?? 0;
  const refusal: unknown = Reflect.get(session, 'lastRefusal') ?? null;
  return JSON.stringify([applied, refusal]);
}
