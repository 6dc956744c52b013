import type { AgoraLedger } from './simulators.ts';

/** What Agora asks for between two calls that change a task: it refuses what comes sooner. */
const SPACING_MS = 5_000;

/** A claim of the story that the ledgers do not bear out. */
export class Untrue extends Error {}

/** The gaps before each update of a channel that had one task, in ms. Throws Untrue where they are not `updates`, or too short. */
export function updatesOf({ calls }: AgoraLedger, updates: number): readonly number[] {
  const paced = calls.filter(({ operation }) => operation === 'join' || operation === 'update');
  const gaps = paced.flatMap(({ operation, at }, index) => {
    const before = paced[index - 1];
    return operation === 'update' && before ? [Date.parse(at) - Date.parse(before.at)] : [];
  });
  if (gaps.length !== updates) {
    throw new Untrue(`Agora got ${gaps.length} update calls, not ${updates}`);
  }
  const shortest = Math.min(...gaps);
  if (shortest < SPACING_MS) throw new Untrue(`two calls were only ${shortest} ms apart`);
  return gaps;
}

/** The one task of a channel in which a start was tried once. Throws Untrue where there were more, or none. */
export function onlyTaskOf({ calls, tasks }: AgoraLedger): AgoraLedger['tasks'][number] {
  const joins = calls.filter(({ operation }) => operation === 'join').length;
  const [task] = tasks;
  if (task === undefined || tasks.length > 1 || joins !== 1) {
    throw new Untrue(`Agora was asked ${joins} times to start, and bills ${tasks.length} tasks`);
  }
  return task;
}

export type Account = {
  readonly vendor: string;
  /** What it bills, one of them. */
  readonly unit: string;
  /** How many it should have been. */
  readonly expected: number;
  readonly billed: readonly { readonly endedAt: string | null }[];
  readonly violations: readonly { readonly rule: string; readonly detail: string }[];
};

/** The account in a line. Throws Untrue where something was billed twice, still runs, or broke a rule. */
export function settled({ vendor, unit, expected, billed, violations }: Account): string {
  const running = billed.filter((one) => one.endedAt === null).length;
  const [broken] = violations;
  if (broken)
    throw new Untrue(`a rule of ${vendor}'s was broken, ${broken.rule}: ${broken.detail}`);
  if (running > 0) throw new Untrue(`${amountOf(running, unit)} of ${vendor}'s still running`);
  if (billed.length !== expected) {
    throw new Untrue(`${vendor} has ${amountOf(billed.length, unit)}, where ${expected} should be`);
  }
  const amount = amountOf(billed.length, unit).padEnd(8);
  return `${vendor.padEnd(18)} ${amount} ${running} running   ${violations.length} rules broken`;
}

function amountOf(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
