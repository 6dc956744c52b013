import type { Load } from './load.ts';
import type { Side } from './sides.ts';
import type { SideName, Stage } from './stage.ts';
import { quantile, spreadOf, type Spread } from './statistics.ts';
import { cpuMs } from './usage.ts';

/** Whose CPU time is told apart. */
const PROCESSES = ['server', 'worker', 'api', 'load'] as const;
type ProcessName = (typeof PROCESSES)[number];

/** What one side came to, over all rounds. */
type Measured = {
  readonly perSecond: Spread;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
  /** In ms per operation. */
  readonly cpuMs: Readonly<Record<ProcessName, Spread>>;
};

export type Comparison = Readonly<Record<SideName, Measured>> & {
  /** Of the two in the same round, operations per second of ours by those of the other. */
  readonly ratio: Spread;
  readonly operations: number;
  /** How many of ours were first answered with when to come again. */
  readonly refusals: number;
};

export type Contest = {
  readonly stage: Stage;
  readonly sides: readonly [ours: Side, other: Side];
  readonly rounds: number;
  /** The work that is measured; the first time, which is not, is warming up. */
  readonly work: (side: Side, round: number) => Promise<Load>;
  /** Clears away what a round has left. */
  readonly after?: (side: Side, round: number) => Promise<void>;
  readonly progress: (text: string) => void;
};

type Round = {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly operations: number;
  readonly cpuMs: Readonly<Record<ProcessName, number>>;
};

/** Has both sides do the same in turns, A B B A …, each alone while it does. */
export async function compare(contest: Contest): Promise<Comparison> {
  const { sides, rounds, work, after, progress } = contest;
  const [ours] = sides;
  const refusedBefore = ours.refusals();
  const seen: Record<SideName, Round[]> = { durascribe: [], raw: [] };
  for (let round = 0; round <= rounds; round += 1) {
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
      progress(`${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}, ${side.name}`);
      const measured = await measure(contest, side, () => work(side, round));
      await after?.(side, round);
      if (round > 0) seen[side.name].push(measured);
    }
  }
  const ratios = seen.durascribe.map(
    ({ perSecond }, index) => perSecond / (seen.raw[index]?.perSecond ?? Number.NaN),
  );
  return {
    durascribe: measuredOf(seen.durascribe),
    raw: measuredOf(seen.raw),
    ratio: spreadOf(ratios),
    operations: seen.durascribe.reduce((sum, { operations }) => sum + operations, 0),
    refusals: ours.refusals() - refusedBefore,
  };
}

async function measure({ stage }: Contest, side: Side, work: () => Promise<Load>): Promise<Round> {
  const before = usage(stage, side);
  const { operations, seconds, latenciesMs } = await work();
  const after = usage(stage, side);
  const perOperation = (name: ProcessName) => (after[name] - before[name]) / operations;
  return {
    operations,
    perSecond: operations / seconds,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
    cpuMs: ofEach(perOperation),
  };
}

function usage({ groups }: Stage, { name }: Side): Record<ProcessName, number> {
  const taken = (called: string) => cpuMs(groups.get(called) ?? 0);
  const { user, system } = process.cpuUsage();
  return {
    server: taken('server'),
    worker: taken(name === 'raw' ? 'raw worker' : 'worker'),
    api: name === 'raw' ? 0 : taken('api'),
    load: (user + system) / 1_000,
  };
}

function measuredOf(rounds: readonly Round[]): Measured {
  return {
    perSecond: spreadOf(rounds.map((round) => round.perSecond)),
    p50Ms: spreadOf(rounds.map((round) => round.p50Ms)),
    p99Ms: spreadOf(rounds.map((round) => round.p99Ms)),
    cpuMs: ofEach((name) => spreadOf(rounds.map((round) => round.cpuMs[name]))),
  };
}

function ofEach<T>(value: (name: ProcessName) => T): Record<ProcessName, T> {
  const [server, worker, api, load] = PROCESSES;
  return { server: value(server), worker: value(worker), api: value(api), load: value(load) };
}
