import { msToNumber } from '@temporalio/common/lib/time.js';
import type { Duration } from '@temporalio/common';
import { workflowInfo, type WorkflowInterceptorsFactory } from '@temporalio/workflow';

/** The shortest pause between two tries of an activity, so that there is no storm of them. */
const LEAST_PAUSE_MS = 50;
/** The shortest deadline: what is answered well is answered within it. */
const LEAST_DEADLINE_MS = 3_000;

/** The name of the queue of workflows; the activities are on those of the worker, whose names begin with the rest. */
const LAPSING = /^lapse-(\d+)-/;

/**
 * Has the time of a workflow pass as many times faster as the name of its task queue says: its clock, its timers, and
 * the deadlines that Temporal keeps for it. A call takes as long as it takes.
 */
export const interceptors: WorkflowInterceptorsFactory = () => {
  const { taskQueue, startTime } = workflowInfo();
  const factor = Number(LAPSING.exec(taskQueue)?.[1]);
  const beganMs = startTime.getTime();
  const slowNow = Date.now;
  const nowMs = () => beganMs + (slowNow() - beganMs) * factor;
  Date.now = nowMs;
  globalThis.Date = new Proxy(Date, {
    construct: (date, given) => Reflect.construct(date, given.length === 0 ? [nowMs()] : given),
  });

  const sooner = (time: Duration) => Math.ceil(msToNumber(time) / factor);
  const soonerPause = (time: Duration) => Math.max(sooner(time), LEAST_PAUSE_MS);
  const deadline = (time: Duration | undefined) =>
    time === undefined ? undefined : Math.max(sooner(time), LEAST_DEADLINE_MS);
  return {
    outbound: [
      {
        startTimer: (input, next) => next({ ...input, durationMs: sooner(input.durationMs) }),
        scheduleActivity: (input, next) => {
          const { retry, scheduleToStartTimeout, scheduleToCloseTimeout } = input.options;
          const { initialInterval = '1 second', maximumInterval = '100 seconds' } = retry ?? {};
          const options = {
            ...input.options,
            taskQueue: (input.options.taskQueue ?? taskQueue).replace(LAPSING, ''),
            scheduleToStartTimeout: deadline(scheduleToStartTimeout),
            scheduleToCloseTimeout: deadline(scheduleToCloseTimeout),
            retry: {
              ...retry,
              initialInterval: soonerPause(initialInterval),
              maximumInterval: soonerPause(maximumInterval),
            },
          };
          return next({ ...input, options });
        },
      },
    ],
  };
};
