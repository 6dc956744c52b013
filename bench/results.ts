import { z } from 'zod';

const Cells = z.array(z.string());
const Table = z.object({ head: Cells, rows: z.array(Cells) });
const Goal = z.object({
  what: z.string(),
  goal: z.string(),
  measured: z.string(),
  isMet: z.boolean(),
});
/** What one part of the bench came to. */
const Part = z.object({
  takenAt: z.string(),
  seconds: z.number(),
  /** How it was set up, in words. */
  setting: z.string(),
  tables: z.array(Table),
  goals: z.array(Goal),
  /** The names of its plots, in docs/images. */
  plots: z.array(z.string()),
  /** The numbers, as they were measured. */
  data: z.json(),
});
const Results = z.object({
  machine: z.string(),
  versions: z.string(),
  parts: z.record(z.string(), Part),
});

export type Table = z.infer<typeof Table>;
export type Goal = z.infer<typeof Goal>;
export type PartResult = z.infer<typeof Part>;
export type Results = z.infer<typeof Results>;

/** Throws where `text` is none. */
export function readResults(text: string): Results {
  return Results.parse(JSON.parse(text));
}

/** `measured` is good at `least` or more. */
export function atLeast(what: string, measured: number, least: number): Goal {
  return { what, goal: `≥ ${least}`, measured: short(measured), isMet: measured >= least };
}

/** `measured` is good below `bound`. */
export function below(what: string, measured: number, bound: number, unit: string): Goal {
  return {
    what,
    goal: `< ${bound} ${unit}`,
    measured: `${short(measured)} ${unit}`,
    isMet: measured < bound,
  };
}

/** A number with as many digits as say something. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}
