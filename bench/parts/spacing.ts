import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { latenessOf, type Lateness, type VendorCall } from '../lateness.ts';
import { each } from '../load.ts';
import { linePlot } from '../plot/lines.ts';
import { below, short, type Goal, type Table } from '../results.ts';
import { durascribe, raw, startTimer, type Side } from '../sides.ts';
import { onStage, type Stage } from '../stage.ts';
import { distribution, quantile } from '../statistics.ts';
import { HOST } from '../vendors.ts';
import type { Outcome, Scope } from './part.ts';

const GAP_MS = 5_000;
const CALLERS = 30;
/** Of what a plot shows: its last hundredth would hide the rest. */
const SHOWN_FRACTION = 0.99;
const PLOT_POINTS = 99;

type Size = { readonly sessions: number; readonly timers: number; readonly seconds: number };
/** Fewer than the server can do at a time, and about as many. */
const FULL: readonly Size[] = [
  { sessions: 100, timers: 30, seconds: 60 },
  { sessions: 300, timers: 30, seconds: 60 },
];
const QUICK: readonly Size[] = [{ sessions: 20, timers: 5, seconds: 16 }];

const Calls = z.array(z.tuple([z.string(), z.number(), z.number()]));

type Half = { readonly sessions: Lateness; readonly timers: Lateness };
type Seen = { readonly size: Size; readonly ours: Half; readonly bare: Half };

/** Sessions that want a change every 5 s, and beside them a few bare timers, which show what Temporal itself takes. */
export async function spacing({ isQuick, progress }: Scope): Promise<Outcome> {
  return onStage({ hasRecordings: false }, async (stage) => {
    await Promise.all([stage.startWorker('durascribe'), stage.startApi()]);
    await stage.startWorker('raw');
    const seen: Seen[] = [];
    for (const size of isQuick ? QUICK : FULL) {
      const ours = await half(stage, durascribe(stage), size, progress);
      seen.push({ size, ours, bare: await half(stage, raw(stage), size, progress) });
    }
    return outcomeOf(seen, await violations(stage));
  });
}

async function half(
  stage: Stage,
  side: Side,
  { sessions, timers, seconds }: Size,
  progress: (text: string) => void,
): Promise<Half> {
  const channels = Array.from({ length: sessions }, (_, index) => `spaced-${sessions}-${index}`);
  progress(`starting ${sessions} sessions, ${side.name}`);
  await each(channels, CALLERS, (channel) => side.start(channel));
  const tasks = new Map<string, string>();
  await each(channels, CALLERS, async (channel) => {
    tasks.set(channel, await side.task(channel));
  });
  progress(`${seconds} s of changes, ${side.name}`);
  await updates(stage);
  const times = Math.floor((seconds * 1_000) / GAP_MS);
  const probes = Array.from(
    { length: timers },
    (_, index) => `${side.name}-timer-${sessions}-${index}`,
  );
  const sentMs = new Map<string, number[]>();
  const changing = async (channel: string, index: number) => {
    await delay((index / sessions) * GAP_MS);
    const sent: number[] = [];
    sentMs.set(tasks.get(channel) ?? '', sent);
    const beganMs = Date.now();
    for (let turn = 0; turn < times; turn += 1) {
      await delay(Math.max(beganMs + turn * GAP_MS - Date.now(), 0));
      sent.push(Date.now());
      await side.change(channel, String(1_000 + turn));
    }
  };
  await Promise.all([
    ...channels.map(changing),
    ...probes.map(async (channel, index) => {
      await delay((index / timers) * GAP_MS);
      await startTimer(stage, channel, times);
    }),
  ]);
  await delay(2 * GAP_MS);
  const calls = await updates(stage);
  await each(channels, CALLERS, (channel) => side.stop(channel));
  const ours = new Set(tasks.values());
  const others = new Set(calls.map(([task]) => task).filter((task) => !ours.has(task)));
  return {
    sessions: latenessOf(calls, ours, sentMs, GAP_MS),
    timers: latenessOf(calls, others, new Map(), GAP_MS),
  };
}

/** Those since it was asked last. */
async function updates(stage: Stage): Promise<VendorCall[]> {
  return Calls.parse(await ofVendor(stage, '/bench/updates'));
}

const LedgerPart = z.object({ violations: z.array(z.object({ rule: z.string() })) });

async function violations(stage: Stage): Promise<number> {
  return LedgerPart.parse(await ofVendor(stage, '/ledger')).violations.length;
}

async function ofVendor({ vendorPorts }: Stage, path: string): Promise<unknown> {
  const answer = await fetch(`http://${HOST}:${vendorPorts.agora}${path}`);
  return answer.json();
}

function outcomeOf(seen: readonly Seen[], broken: number): Outcome {
  const early = seen.reduce((sum, { ours }) => sum + ours.sessions.early, 0);
  const never: Goal = {
    what: 'updates sent early, and rules of the vendor broken',
    goal: '0',
    measured: String(early + broken),
    isMet: early + broken === 0,
  };
  const settings = seen.map(
    ({ size: { sessions, timers, seconds } }) =>
      `${sessions} sessions with a change every 5 s for ${seconds} s, and ${timers} bare timers beside them; then the same with bare sessions`,
  );
  return {
    setting: settings.join('; '),
    tables: seen.map(tableOf),
    goals: [never, ...seen.flatMap(goalsOf)],
    data: Object.fromEntries(
      seen.map(({ size, ours, bare }) => [
        `of ${size.sessions}`,
        { ours: numbersOf(ours), bare: numbersOf(bare) },
      ]),
    ),
    plots: Object.fromEntries(
      seen.map((one) => [`spacing-${one.size.sessions}`, plotOf(one)] as const),
    ),
  };
}

function seriesOf({ ours, bare }: Seen) {
  return [
    ['Durascribe', ours.sessions],
    ['bare timers beside it', ours.timers],
    ['bare sessions', bare.sessions],
    ['bare timers beside them', bare.timers],
  ] as const;
}

function tableOf(seen: Seen): Table {
  return {
    head: [
      `lateness, ${seen.size.sessions} sessions`,
      'updates',
      'early',
      'p50',
      'p90',
      'p99',
      'most',
    ],
    rows: seriesOf(seen).map(([name, { lateMs, early }]) => [
      name,
      String(lateMs.length),
      String(early),
      ...[0.5, 0.9, 0.99, 1].map((fraction) => `${short(quantile(lateMs, fraction))} ms`),
    ]),
  };
}

function goalsOf({ size, ours }: Seen): Goal[] {
  const beyond = (fraction: number) =>
    quantile(ours.sessions.lateMs, fraction) - quantile(ours.timers.lateMs, fraction);
  const of = `${size.sessions} sessions: lateness`;
  return [
    below(`${of} p50 beyond that of bare timers`, beyond(0.5), 30, 'ms'),
    below(`${of} p99 beyond that of bare timers`, beyond(0.99), 100, 'ms'),
  ];
}

function plotOf(seen: Seen): string {
  return linePlot({
    title: `${seen.size.sessions} sessions: the part of updates that is no later`,
    xLabel: 'ms after the vendor would first have taken it',
    yLabel: '',
    series: seriesOf(seen).map(([name, { lateMs }]) => ({
      name,
      points: distribution(lateMs, PLOT_POINTS + 1).filter(({ y }) => y <= SHOWN_FRACTION),
    })),
  });
}

function numbersOf({ sessions, timers }: Half) {
  return { sessions: quantilesOf(sessions), timers: quantilesOf(timers) };
}

function quantilesOf({ lateMs, early }: Lateness) {
  const quantiles = [0.5, 0.9, 0.99, 1].map(
    (fraction) => [`p${fraction * 100}Ms`, quantile(lateMs, fraction)] as const,
  );
  return { early, updates: lateMs.length, ...Object.fromEntries(quantiles) };
}
