/** Adds to a list that keeps its newest entries only. */
export function append<T>(entries: T[], entry: T, most = 2_000): T {
  entries.push(entry);
  if (entries.length > most) entries.shift();
  return entry;
}
