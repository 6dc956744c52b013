/** A call to the vendor: which task it was about, when it came, and when it was answered, in ms since the epoch. */
export type VendorCall = readonly [task: string, arrivedAtMs: number, answeredAtMs: number];

export type Lateness = {
  /** Of every call but the first of a task: how long after it was first allowed and wanted, in ms. */
  readonly lateMs: readonly number[];
  /** How many came before they were allowed. */
  readonly early: number;
};

/**
 * How late the calls of `tasks` were. One is allowed `gapMs` after the answer to the one before, and wanted since the first
 * change that was sent since that one (`sentMs`, by task, in order); where none was, as soon as it is allowed.
 */
export function latenessOf(
  calls: readonly VendorCall[],
  tasks: ReadonlySet<string>,
  sentMs: ReadonlyMap<string, readonly number[]>,
  gapMs: number,
): Lateness {
  const before = new Map<string, VendorCall>();
  const lateMs: number[] = [];
  let early = 0;
  for (const call of calls) {
    const [task, arrivedAtMs] = call;
    if (!tasks.has(task)) continue;
    const last = before.get(task);
    before.set(task, call);
    if (last === undefined) continue;
    const [, lastArrivedMs, lastAnsweredMs] = last;
    const allowedMs = lastAnsweredMs + gapMs;
    if (arrivedAtMs < allowedMs) early += 1;
    const wantedMs = sentMs.get(task)?.find((ms) => ms > lastArrivedMs && ms <= arrivedAtMs) ?? 0;
    lateMs.push(arrivedAtMs - Math.max(allowedMs, wantedMs));
  }
  return { lateMs, early };
}
