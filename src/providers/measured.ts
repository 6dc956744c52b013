import { providerError } from './amazon-transcribe/errors.ts';
import { ProviderError, type ProviderErrorKind } from './errors.ts';

/**
 * How a call ended: as a ProviderError says, or without an answer in its time (`timeout`), given up by whoever made it
 * (`aborted`), or by a fault of ours (`internal`).
 */
type CallOutcome = 'ok' | ProviderErrorKind | 'timeout' | 'aborted' | 'internal';

/** One call to a vendor, or to object storage. */
export type ProviderCall = {
  readonly provider: string;
  /** What was asked for, as the port has it. */
  readonly operation: string;
  readonly outcome: CallOutcome;
  readonly seconds: number;
};
export type ObserveCall = (call: ProviderCall) => void;

/** The same provider, or object store, with every call of it told to `observe`: none of them has to know of that. */
export function measured<Provider extends object>(
  name: string,
  provider: Provider,
  observe: ObserveCall,
): Provider {
  return new Proxy(provider, {
    get(target, operation) {
      const member: unknown = Reflect.get(target, operation);
      if (typeof member !== 'function' || typeof operation !== 'string') return member;
      const work = async (given: unknown[]): Promise<unknown> =>
        Reflect.apply(member, target, given);
      return (...given: unknown[]) =>
        observed({ provider: name, operation }, () => work(given), observe);
    },
  });
}

/** Makes one call, and tells `observe` how it ended and how long it took. */
export async function observed<T>(
  call: Pick<ProviderCall, 'provider' | 'operation'>,
  work: () => Promise<T>,
  observe: ObserveCall,
): Promise<T> {
  const beganAtMs = performance.now();
  const tell = (outcome: CallOutcome) =>
    observe({ ...call, outcome, seconds: (performance.now() - beganAtMs) / 1_000 });
  let result: T;
  try {
    result = await work();
  } catch (error) {
    tell(outcomeOf(error));
    throw error;
  }
  tell('ok');
  return result;
}

function outcomeOf(error: unknown): CallOutcome {
  if (error instanceof Error && error.name === 'CancelledFailure') return 'aborted';
  // What is no answer of theirs is ours.
  if (error instanceof TypeError || error instanceof RangeError) return 'internal';
  const { kind, facts } = error instanceof ProviderError ? error : providerError(error, '', []);
  return facts.isTimeout === true ? 'timeout' : kind;
}
