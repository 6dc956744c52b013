/** The header that Temporal's own tracing has, in every language: a W3C trace context. */
export const TRACE_HEADER = '_tracer-data';
/** The header in which a workflow tells what it begins who asked for it: `Causes`. */
export const CAUSES_HEADER = 'durascribe-causes';

/** A message that had a workflow do something. */
export type Cause = {
  /** Of whoever sent it. */
  readonly traceparent: string;
  /** The name of the update or signal, or the type of the workflow that was started. */
  readonly message: string;
  /** When the workflow took it, in ms since the epoch. */
  readonly atMs: number;
};

/** Why a workflow begins something. */
export type Causes = {
  /** The message whose trace it belongs to; null = that one had none. */
  readonly cause: Cause | null;
  /** The messages that it is the first to carry out. */
  readonly carriedOut: readonly Cause[];
};

const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The trace context in the value of a `TRACE_HEADER`, which may be anybody's; null where there is none. */
export function traceparentIn(value: unknown): string | null {
  const traceparent = field(value, 'traceparent');
  return typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? traceparent : null;
}

/** What is told in the value of a `CAUSES_HEADER`; null where it tells nothing. */
export function causesIn(value: unknown): Causes | null {
  const carriedOut = field(value, 'carriedOut');
  if (!Array.isArray(carriedOut)) return null;
  const told = carriedOut.map(causeIn).filter((cause) => cause !== null);
  return { cause: causeIn(field(value, 'cause')), carriedOut: told };
}

function causeIn(value: unknown): Cause | null {
  const traceparent = traceparentIn(value);
  const [message, atMs] = [field(value, 'message'), field(value, 'atMs')];
  if (traceparent === null || typeof message !== 'string' || typeof atMs !== 'number') return null;
  return { traceparent, message, atMs };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
