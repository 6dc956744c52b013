const LONGEST_WAIT_SECONDS = 60;

/** How many seconds a request would have us wait for its outcome (`Prefer: wait=N`, RFC 7240): 0 = not at all, 60 at most. */
export function waitSeconds(prefer: string | string[] | undefined): number {
  const preferences = [prefer ?? []].flat().join(',').split(',');
  for (const preference of preferences) {
    const [, seconds] = /^\s*wait(?:\s*=\s*"?(\d+)"?)?\s*(?:;.*)?$/i.exec(preference) ?? [
      null,
      null,
    ];
    if (seconds === undefined) return LONGEST_WAIT_SECONDS;
    if (seconds !== null) return Math.min(Number(seconds), LONGEST_WAIT_SECONDS);
  }
  return 0;
}
