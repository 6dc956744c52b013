import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import { workflowInfo, type WorkflowInterceptors } from '@temporalio/workflow';
import { causesIn, CAUSES_HEADER, TRACE_HEADER, traceparentIn } from '../domain/causes.ts';
import type { Cause, Causes } from '../domain/causes.ts';
import { changeConfiguration, requestChange } from './messages.ts';

/** What is only noted when it comes, and carried out by the next of these calls. */
const CHANGES = new Set([changeConfiguration.name, requestChange.name]);
const CHANGING = new Set(['startTask', 'updateTask']);
/** Of those that wait to be carried out, so many are told. */
const MOST_WAITING = 20;

/**
 * Passes on who asked for what a workflow does, from the headers of its start, updates and signals to those of the
 * activities, workflows and runs that it begins: the spans are made outside. Strings only, which no command depends on
 * and which no clock or random number of the workflow's is needed for: so tracing may be switched on and off while
 * sessions run.
 */
export function interceptors(): WorkflowInterceptors {
  let cause: Cause | null = null;
  let waiting: Cause[] = [];

  /** Changes wait for the call that brings them to the vendor; whatever else comes is seen to at once. */
  const take = (headers: Headers, message: string, atMs: number) => {
    const traceparent = traceparentIn(read(headers, TRACE_HEADER));
    const one = traceparent === null ? null : { traceparent, message, atMs };
    if (!CHANGES.has(message)) cause = one;
    if (one !== null) waiting = [...waiting, one].slice(-MOST_WAITING);
  };
  const passOn = (headers: Headers, causes: Causes): Headers =>
    cause === null && causes.carriedOut.length === 0
      ? headers
      : { ...headers, [CAUSES_HEADER]: defaultPayloadConverter.toPayload(causes) };

  return {
    inbound: [
      {
        execute(input, next) {
          const causes = causesIn(read(input.headers, CAUSES_HEADER));
          if (causes === null) {
            take(input.headers, workflowInfo().workflowType, workflowInfo().startTime.getTime());
          } else {
            ({ cause } = causes);
            waiting = [...causes.carriedOut, ...waiting];
          }
          return next(input);
        },
        handleUpdate(input, next) {
          take(input.headers, input.name, Date.now());
          return next(input);
        },
        handleSignal(input, next) {
          take(input.headers, input.signalName, Date.now());
          return next(input);
        },
      },
    ],
    outbound: [
      {
        scheduleActivity(input, next) {
          const isChanging = CHANGING.has(input.activityType);
          const isCarriedOut = ({ message }: Cause) => isChanging || !CHANGES.has(message);
          const carriedOut = waiting.filter(isCarriedOut);
          waiting = waiting.filter((one) => !isCarriedOut(one));
          if (input.activityType === 'updateTask') cause = carriedOut[0] ?? cause;
          return next({ ...input, headers: passOn(input.headers, { cause, carriedOut }) });
        },
        startChildWorkflowExecution: (input, next) =>
          next({ ...input, headers: passOn(input.headers, { cause, carriedOut: [] }) }),
        continueAsNew: (input, next) =>
          next({ ...input, headers: passOn(input.headers, { cause, carriedOut: waiting }) }),
        signalWorkflow(input, next) {
          if (cause === null) return next(input);
          const { traceparent } = cause;
          const carrier = defaultPayloadConverter.toPayload({ traceparent });
          return next({ ...input, headers: { ...input.headers, [TRACE_HEADER]: carrier } });
        },
        getLogAttributes(input, next) {
          const [, trace_id, span_id] = cause?.traceparent.split('-') ?? [];
          return next(trace_id === undefined ? input : { ...input, trace_id, span_id });
        },
      },
    ],
  };
}

/** Headers may be anybody's: what can't be read is as good as absent. */
function read(headers: Headers, name: string): unknown {
  const payload = headers[name];
  try {
    return payload && defaultPayloadConverter.fromPayload(payload);
  } catch {
    return undefined;
  }
}
