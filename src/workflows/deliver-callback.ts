import {
  ApplicationFailure,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import type { CallbackActivities } from '../activities/callbacks.ts';
import {
  askedPauseMs,
  meaningOf,
  MOST_TRIES,
  newDelivery,
  pauseMs,
  tried,
} from '../domain/callbacks.ts';
import type { Callback, CallbackTry, Delivery } from '../domain/callbacks.ts';
import {
  CALLBACK_QUEUE,
  callbackGone,
  collectionId,
  MOST_DELIVERY_EVENTS,
  providerTaskQueue,
  sendAgain,
} from './messages.ts';
import { countCallbackTry, observeCallback } from './metrics.ts';

/** Of Temporal. */
const FAIRNESS_KEY_LENGTH = 64;

/**
 * Delivers one callback: at once, and again on the schedule until the receiver has taken it, wants none, or the last try
 * has failed, which fails the workflow. `earlier` are the tries of the runs before, when it is sent once more.
 */
export async function deliverCallback(
  callback: Callback,
  earlier: readonly CallbackTry[] = [],
): Promise<void> {
  let delivery = newDelivery(callback, earlier);
  let failures = 0;
  let isWanted = false;
  setHandler(sendAgain, () => {
    if (workflowInfo().historyLength < MOST_DELIVERY_EVENTS) isWanted = true;
  });

  for (;;) {
    // One that is made by hand takes no other's place on the schedule.
    const isDue = delivery.nextTryAt === null || Date.parse(delivery.nextTryAt) <= Date.now();
    isWanted = false;
    const { retryAfterMs, ...one } = await tryOnce(callback);
    delivery = tried(delivery, one);
    const meaning = meaningOf(one.status);
    if (meaning === 'failed' && isDue) {
      failures += 1;
      delivery = rescheduled(delivery, failures, retryAfterMs);
    } else if (meaning === 'failed') {
      delivery = putOff(delivery, retryAfterMs);
    } else {
      delivery = { ...delivery, state: meaning, nextTryAt: null };
    }
    measure(callback, meaning, delivery);
    show(delivery);
    if (meaning === 'gone') await disable(callback);
    if (delivery.nextTryAt !== null) await untilDue(delivery.nextTryAt, () => isWanted);
    else if (!isWanted) break;
    else failures = 0;
  }
  if (delivery.state === 'delivered') return;
  throw ApplicationFailure.nonRetryable(inWords(delivery), delivery.state);
}

function measure(
  { payload: { type, timestamp } }: Callback,
  meaning: ReturnType<typeof meaningOf>,
  { nextTryAt }: Delivery,
): void {
  const failed = nextTryAt === null ? 'gave-up' : 'retried';
  countCallbackTry(type, meaning === 'failed' ? failed : meaning);
  if (meaning === 'delivered') observeCallback(type, timestamp);
}

type Outcome = CallbackTry & { readonly retryAfterMs: number };

async function tryOnce(callback: Callback): Promise<Outcome> {
  const at = new Date().toISOString();
  const { sendCallback } = proxyActivities<CallbackActivities>({
    taskQueue: providerTaskQueue(workflowInfo().taskQueue, CALLBACK_QUEUE),
    // One request of at most 15 s. The schedule, not the server, decides about another try, also when no worker took it.
    scheduleToStartTimeout: '10 minutes',
    startToCloseTimeout: '25 seconds',
    retry: { maximumAttempts: 1 },
    priority: { fairnessKey: new URL(callback.url).host.slice(0, FAIRNESS_KEY_LENGTH) },
  });
  try {
    const { status, error, retryAfterMs } = await sendCallback(callback);
    return { at, status, error, retryAfterMs: retryAfterMs ?? 0 };
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { at, status: null, error: 'the worker was lost on the way', retryAfterMs: 0 };
  }
}

function rescheduled(delivery: Delivery, failures: number, retryAfterMs: number): Delivery {
  const pause = pauseMs(failures, Math.random(), retryAfterMs);
  if (pause === null) return { ...delivery, state: 'failed', nextTryAt: null };
  return { ...delivery, state: 'pending', nextTryAt: new Date(Date.now() + pause).toISOString() };
}

/** A receiver that is asked out of turn may want to be asked later, too. */
function putOff(delivery: Delivery, retryAfterMs: number): Delivery {
  const atMs = Date.now() + askedPauseMs(retryAfterMs);
  if (delivery.nextTryAt === null || atMs <= Date.parse(delivery.nextTryAt)) return delivery;
  return { ...delivery, nextTryAt: new Date(atMs).toISOString() };
}

async function untilDue(at: string, isWanted: () => boolean): Promise<void> {
  const waitMs = Date.parse(at) - Date.now();
  const summary = `the next try is at ${at}`;
  if (waitMs > 0) await condition(isWanted, waitMs, { summary });
}

/** The session, or what still collects its transcript, need not begin deliveries that nobody wants. */
async function disable({ id, sessionId }: Callback): Promise<void> {
  const firstRunId = id.split('_')[1] ?? '';
  const tellers = [sessionId, collectionId(sessionId, firstRunId)];
  await Promise.allSettled(
    tellers.map((teller) => getExternalWorkflowHandle(teller).signal(callbackGone, { firstRunId })),
  );
}

/** For the API and, in words, for the Temporal UI. */
function show(delivery: Delivery): void {
  upsertMemo({ delivery });
  setCurrentDetails(inWords(delivery));
}

function inWords({ state, tries, nextTryAt, url, type }: Delivery): string {
  const last = tries.at(-1);
  return [
    `**${state}** · ${type} to ${url}`,
    `Try ${tries.length}: ${last?.error ?? 'it was taken'}`,
    nextTryAt === null ? null : `The next try, of ${MOST_TRIES} on the schedule: ${nextTryAt}`,
  ]
    .filter((line) => line !== null)
    .join('\n\n');
}
