import { z } from 'zod';

const LONGEST_WORDS = 500;

/** The id of a task: one that is longer, or of other characters, is none that Temporal could keep. */
export const taskId = z.string().regex(/^[!-~]{1,200}$/);

/** What a vendor says of something, for people. What is no text is as good as nothing said. */
export const saying = z
  .string()
  .transform((text) => text.slice(0, LONGEST_WORDS))
  .nullish()
  .catch(null);

/** A time that a vendor tells, for people; undefined where it tells none. */
export const time = z.number().optional().catch(undefined);

/** RFC 3339 of a time in ms since the epoch; now where there is none, or it is no time. */
export function timestampOf(ms: number | undefined): string {
  const told = new Date(ms ?? Number.NaN);
  return Number.isNaN(told.getTime()) ? new Date().toISOString() : told.toISOString();
}
