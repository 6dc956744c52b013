const LONGEST_WAIT_SECONDS = 60;
const RETURN = /^\s*return\s*=\s*"?(\w+)"?\s*(?:;.*)?$/i;

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

/** Whether a request would have what came of it in the answer (`Prefer: return=representation`, RFC 7240). */
export function wantsRepresentation(prefer: string | undefined): boolean {
  for (const preference of (prefer ?? '').split(',')) {
    const [, wanted] = RETURN.exec(preference) ?? [];
    // The first of several holds.
    if (wanted !== undefined) return wanted.toLowerCase() === 'representation';
  }
  return false;
}
