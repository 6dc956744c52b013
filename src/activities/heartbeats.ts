import { heartbeat } from '@temporalio/activity';

/** Well within the heartbeat time-outs of the activities: a worker that misses them is dead. */
const BEAT_MS = 2_000;

/** Does `work` under a steady heartbeat, so that a killed worker is missed soon; it carries what `tell` was last given. */
export async function beating<T>(
  work: (tell: (details: unknown) => void) => Promise<T>,
): Promise<T> {
  let last: unknown;
  const tell = (details: unknown) => {
    last = details;
    heartbeat(details);
  };
  heartbeat();
  const beats = setInterval(() => heartbeat(last), BEAT_MS);
  try {
    return await work(tell);
  } finally {
    clearInterval(beats);
  }
}
