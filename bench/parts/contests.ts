import { setTimeout as delay } from 'node:timers/promises';
import { compare, type Comparison, type Contest } from '../comparison.ts';
import { during, each } from '../load.ts';
import { barPlot } from '../plot/bars.ts';
import { atLeast, below, short, type Goal, type Table } from '../results.ts';
import { durascribe, raw, type Side } from '../sides.ts';
import { onStage, type Stage } from '../stage.ts';
import type { Spread } from '../statistics.ts';
import type { Outcome, Scope } from './part.ts';

export const CONTESTS = ['starts', 'changes', 'reads'] as const;
export type ContestName = (typeof CONTESTS)[number];

/** As many as the API lets one caller have under way at Temporal. */
const CALLERS = 30;
/** As many updates as Temporal takes of one workflow at a time. */
const CALLERS_OF_ONE = 10;
/** What was accepted last is sent to the vendor within this. */
const SETTLES_MS = 6_000;

type Size = {
  readonly rounds: number;
  readonly starts: number;
  readonly sessions: number;
  readonly seconds: number;
};
const FULL: Size = { rounds: 7, starts: 300, sessions: 100, seconds: 10 };
const QUICK: Size = { rounds: 2, starts: 20, sessions: 10, seconds: 2 };

/** One of the things that both sides are to do. */
type Entry = {
  readonly title: string;
  /** Of the ratio to the bare one. */
  readonly goal: number;
  readonly comparison: Comparison;
};

/** The product beside a bare client and worker, which do the same. Each outcome is kept as soon as it is there. */
export async function contests(
  names: readonly ContestName[],
  { isQuick, progress }: Scope,
  keep: (name: ContestName, outcome: Outcome) => void,
): Promise<void> {
  const size = isQuick ? QUICK : FULL;
  await onStage({ hasRecordings: false }, async (stage) => {
    await Promise.all([stage.startWorker('durascribe'), stage.startApi()]);
    await stage.startWorker('raw');
    const sides = [durascribe(stage), raw(stage)] as const;
    for (const name of names) {
      const say = (text: string) => progress(`${name}: ${text}`);
      const base = { stage, sides, rounds: size.rounds, progress: say };
      keep(name, await RUN[name](base, size));
    }
  });
}

type Base = Omit<Contest, 'work' | 'after'> & { readonly stage: Stage };

const RUN: Readonly<Record<ContestName, (base: Base, size: Size) => Promise<Outcome>>> = {
  starts: async (base, size) => {
    const channels = (round: number) =>
      Array.from({ length: size.starts }, (_, index) => `start-${round}-${index}`);
    const events: Record<string, number> = {};
    const comparison = await compare({
      ...base,
      work: (side, round) => each(channels(round), CALLERS, (channel) => side.start(channel)),
      after: async (side, round) => {
        const [first = ''] = channels(round);
        events[side.name] = await side.events(first);
        await each(channels(round), CALLERS, (channel) => side.stop(channel));
      },
    });
    const entries = [{ title: 'session started, until it runs', goal: 0.9, comparison }];
    const setting = `${size.starts} sessions a round, ${size.rounds} rounds, ${CALLERS} callers; a session that has just begun to run has ${events['durascribe']} events, a bare one ${events['raw']}`;
    return outcomeOf('starts', entries, setting);
  },

  changes: async (base, size) => {
    const many = Array.from({ length: size.sessions }, (_, index) => `changed-${index}`);
    for (const side of base.sides) await startAll(side, [...many, 'changed-one']);
    await delay(SETTLES_MS);
    const after = () => delay(SETTLES_MS);
    const change = (channel: (index: number) => string, callers: number) =>
      compare({
        ...base,
        work: (side, round) =>
          during(size.seconds, callers, (index) =>
            side.change(channel(index), String(1_000_000 * (round + 1) + index)),
          ),
        after,
      });
    const ofMany = await change((index) => many[index % many.length] ?? '', CALLERS);
    const ofOne = await change(() => 'changed-one', CALLERS_OF_ONE);
    for (const side of base.sides) await stopAll(side, [...many, 'changed-one']);
    const entries = [
      { title: `change accepted, of ${many.length} sessions`, goal: 0.9, comparison: ofMany },
      { title: 'change accepted, of one session', goal: 0.9, comparison: ofOne },
    ];
    const setting = `${size.seconds} s a round, ${size.rounds} rounds; ${CALLERS} callers, of one session ${CALLERS_OF_ONE}`;
    return outcomeOf('changes', entries, setting);
  },

  reads: async (base, size) => {
    const many = Array.from({ length: size.sessions }, (_, index) => `read-${index}`);
    for (const side of base.sides) await startAll(side, many);
    const comparison = await compare({
      ...base,
      work: (side) =>
        during(size.seconds, CALLERS, (index) => side.read(many[index % many.length] ?? '')),
    });
    for (const side of base.sides) await stopAll(side, many);
    const entries = [{ title: 'session read', goal: 0.8, comparison }];
    const setting = `${size.seconds} s a round, ${size.rounds} rounds, ${CALLERS} callers, ${many.length} sessions`;
    return outcomeOf('reads', entries, setting);
  },
};

async function startAll(side: Side, channels: readonly string[]): Promise<void> {
  await each(channels, CALLERS, (channel) => side.start(channel));
}

async function stopAll(side: Side, channels: readonly string[]): Promise<void> {
  await each(channels, CALLERS, (channel) => side.stop(channel));
}

function outcomeOf(name: ContestName, entries: readonly Entry[], setting: string): Outcome {
  return {
    setting,
    tables: [speeds(entries), costs(entries)],
    goals: entries.flatMap(goalsOf),
    data: Object.fromEntries(entries.map(({ title, comparison }) => [title, comparison])),
    plots: {
      [name]: barPlot({
        title: 'Operations per second: median, and between which the rounds were',
        series: ['Durascribe', 'bare Temporal'],
        groups: entries.map(({ title, comparison }) => ({
          name: title,
          values: [comparison.durascribe.perSecond, comparison.raw.perSecond],
        })),
      }),
    },
  };
}

function goalsOf({ title, goal, comparison }: Entry): Goal[] {
  const { ratio, durascribe: ours } = comparison;
  return [
    atLeast(`${title}: of bare Temporal`, ratio.median, goal),
    below(`${title}: CPU of the API`, ours.cpuMs.api.median, 1, 'ms'),
  ];
}

const SIDES = [
  ['durascribe', 'Durascribe'],
  ['raw', 'bare'],
] as const;

function speeds(entries: readonly Entry[]): Table {
  return {
    head: ['', '', 'per second', 'p50', 'p99', 'ratio', '503 or 429'],
    rows: entries.flatMap(({ title, comparison }) =>
      SIDES.map(([side, called]) => {
        const { perSecond, p50Ms, p99Ms } = comparison[side];
        const isOurs = side === 'durascribe';
        return [
          isOurs ? title : '',
          called,
          between(perSecond),
          `${between(p50Ms)} ms`,
          `${between(p99Ms)} ms`,
          isOurs ? between(comparison.ratio) : '',
          isOurs ? String(comparison.refusals) : '',
        ];
      }),
    ),
  };
}

function costs(entries: readonly Entry[]): Table {
  return {
    head: ['CPU, ms per operation', '', 'server', 'worker', 'API', 'load generator'],
    rows: entries.flatMap(({ title, comparison }) =>
      SIDES.map(([side, called]) => {
        const { server, worker, api, load } = comparison[side].cpuMs;
        const isOurs = side === 'durascribe';
        const cells = [server, worker, api, load].map(({ median }) => short(median));
        return [isOurs ? title : '', called, ...cells.with(2, isOurs ? short(api.median) : '')];
      }),
    ),
  };
}

function between({ median, least, most }: Spread): string {
  return `${short(median)} (${short(least)}–${short(most)})`;
}
