import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { z } from 'zod';
import { equals, SEARCH_ATTRIBUTES } from '../../src/workflows/messages.ts';
import { each } from '../load.ts';
import { linePlot } from '../plot/lines.ts';
import { below, short, type Goal } from '../results.ts';
import { onStage, type Stage } from '../stage.ts';
import { cpuMs } from '../usage.ts';
import { HOST, JOB_MS, RECORDING } from '../vendors.ts';
import type { Outcome, Scope } from './part.ts';

/** Amazon Transcribe's quotas, which the simulator enforces. */
const STARTS_PER_SECOND = 25;
const CALLERS = 30;
const LOOK_EVERY_MS = 500;
const GIVE_UP_MS = 15 * 60_000;
/** Whoever comes second is to get half of the starts while both have some waiting. */
const FAIR_SHARE = 0.5;
const FAIR_WITHIN = 0.1;

/** Whose CPU time is told apart. */
const PROCESSES = ['server', 'worker', 'api', 'simulators'] as const;

const KEYS = { first: 'first-key-of-the-bench', second: 'second-key-of-the-bench' } as const;
type Caller = keyof typeof KEYS;
type Size = Readonly<Record<Caller, number>>;
const FULL: Size = { first: 800, second: 200 };
const QUICK: Size = { first: 80, second: 20 };

const Ledger = z.object({
  jobs: z.array(
    z.object({ name: z.string(), createdAt: z.string(), endedAt: z.string().nullable() }),
  ),
  throttled: z.record(z.string(), z.number()),
});
type Ledger = z.infer<typeof Ledger>;

/** Many recordings at once, from two callers: the second one comes when the first one's are all handed in. */
export async function bulk({ isQuick, progress }: Scope): Promise<Outcome> {
  const size = isQuick ? QUICK : FULL;
  const keys = Object.entries(KEYS).map(([name, key]) => `${name}:${key}`);
  const environment = { DURASCRIBE_API_KEYS: keys.join(',') };
  return onStage({ hasRecordings: true, environment }, async (stage) => {
    await Promise.all([stage.startWorker('durascribe'), stage.startApi()]);
    const beganMs = Date.now();
    const before = usage(stage);
    for (const caller of ['first', 'second'] as const) {
      progress(`handing in ${size[caller]} recordings of the ${caller} caller`);
      await handIn(stage, caller, size[caller]);
    }
    const handedInMs = Date.now() - beganMs;
    const completed = await untilAllOver(stage, size, beganMs, progress);
    const takenMs = usage(stage).map((ms, index) => ms - (before[index] ?? 0));
    const ledger = await ledgerOf(stage);
    return outcomeOf(size, { beganMs, handedInMs, completed, ledger, takenMs });
  });
}

/** The CPU time that each of the processes has taken so far, in ms. */
function usage({ groups }: Stage): number[] {
  return PROCESSES.map((name) => cpuMs(groups.get(name) ?? 0));
}

async function handIn({ apiUrl }: Stage, caller: Caller, count: number): Promise<void> {
  const pool = new Pool(apiUrl, { connections: CALLERS });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${KEYS[caller]}` };
  const numbers = Array.from({ length: count }, (_, index) => index);
  await each(numbers, CALLERS, async (index) => {
    const body = {
      provider: 'amazon-transcribe',
      id: `${caller}-${index}`,
      media: `s3://${RECORDING.bucket}/${RECORDING.key}`,
      languageCode: 'en-GB',
      channels: 2,
    };
    const options = { method: 'POST', path: '/v1/sessions', headers, body: JSON.stringify(body) };
    const answer = await pool.request({ ...options, method: 'POST' });
    const said = await answer.body.text();
    if (answer.statusCode !== 201) throw new Error(`POST: ${answer.statusCode} ${said}`);
  });
  await pool.close();
}

type Seen = { readonly atMs: number; readonly completed: number; readonly failed: number };

async function untilAllOver(
  { client }: Stage,
  size: Size,
  beganMs: number,
  progress: (text: string) => void,
): Promise<Seen[]> {
  const all = size.first + size.second;
  const seen: Seen[] = [];
  const count = async (status: string) =>
    (await client.workflow.count(equals(SEARCH_ATTRIBUTES.status, status))).count;
  for (;;) {
    const [completed, failed] = await Promise.all([count('completed'), count('failed')]);
    const atMs = Date.now() - beganMs;
    seen.push({ atMs, completed, failed });
    progress(`${completed} of ${all} completed, after ${short(atMs / 1_000)} s`);
    if (completed + failed >= all) return seen;
    if (atMs > GIVE_UP_MS) throw new Error(`only ${completed} of ${all} recordings are completed`);
    await delay(LOOK_EVERY_MS);
  }
}

async function ledgerOf({ vendorPorts }: Stage): Promise<Ledger> {
  const answer = await fetch(`http://${HOST}:${vendorPorts.transcribe}/ledger`);
  return Ledger.parse(await answer.json());
}

type Run = {
  readonly beganMs: number;
  readonly handedInMs: number;
  readonly completed: readonly Seen[];
  readonly ledger: Ledger;
  /** The CPU time of each of the processes. */
  readonly takenMs: readonly number[];
};

function outcomeOf(size: Size, { beganMs, handedInMs, completed, ledger, takenMs }: Run): Outcome {
  const all = size.first + size.second;
  const leastMs = ((all - 1) / STARTS_PER_SECOND) * 1_000 + JOB_MS;
  const last = completed.at(-1);
  const tookMs = last?.atMs ?? Number.NaN;
  const share = shareOfSecond(ledger);
  const taken = takenMs.reduce((sum, ms) => sum + ms, 0);
  const { start = 0, get = 0 } = ledger.throttled;
  const lastStartMs = Math.max(...ledger.jobs.map((job) => Date.parse(job.createdAt))) - beganMs;
  const goals: Goal[] = [
    below('beyond the quota-bound minimum', (tookMs / leastMs - 1) * 100, 5, '%'),
    {
      what: 'recordings that failed',
      goal: '0',
      measured: String(last?.failed ?? '–'),
      isMet: last?.failed === 0,
    },
    {
      what: "the second caller's share of the starts, while both wait",
      goal: `${FAIR_SHARE} ± ${FAIR_WITHIN}`,
      measured: short(share),
      isMet: Math.abs(share - FAIR_SHARE) <= FAIR_WITHIN,
    },
  ];
  return {
    setting: `${all} recordings handed in at once, ${size.first} by one caller and then ${size.second} by another; jobs take ${JOB_MS / 1_000} s`,
    tables: [
      {
        head: ['', 'measured'],
        rows: [
          ['handed in', seconds(handedInMs)],
          ['last job started', seconds(lastStartMs)],
          ['all completed', seconds(tookMs)],
          [`the least, at ${STARTS_PER_SECOND} starts a second`, seconds(leastMs)],
          ['LimitExceeded, of starts and of gets', `${start}, ${get}`],
        ],
      },
      {
        head: [
          'CPU, ms per recording',
          ...PROCESSES.map((name) => (name === 'api' ? 'API' : name)),
          'together',
          'of the cores, in the least time',
        ],
        rows: [
          [
            '',
            ...[...takenMs, taken, leastMs * availableParallelism()].map((ms) => short(ms / all)),
          ],
        ],
      },
    ],
    goals,
    data: {
      size,
      handedInMs,
      lastStartMs,
      tookMs,
      leastMs,
      share,
      throttled: ledger.throttled,
      cpuMs: Object.fromEntries(PROCESSES.map((name, index) => [name, takenMs[index]])),
    },
    plots: {
      bulk: linePlot({
        title: `${all} recordings at once`,
        xLabel: 'seconds',
        yLabel: 'recordings',
        series: [
          { name: 'completed', points: completed.map(pointOf) },
          { name: 'the most that the quota allows', points: bound(all) },
        ],
      }),
    },
  };
}

function seconds(ms: number): string {
  return `${short(ms / 1_000)} s`;
}

function pointOf({ atMs, completed }: Seen) {
  return { x: atMs / 1_000, y: completed };
}

function bound(all: number) {
  const beganS = JOB_MS / 1_000;
  return [
    { x: beganS, y: 0 },
    { x: beganS + all / STARTS_PER_SECOND, y: all },
  ];
}

/** Of the jobs that were created while both had some waiting, from the second one's first to its last. */
function shareOfSecond({ jobs }: Ledger): number {
  const inOrder = jobs.toSorted(
    (one, other) => Date.parse(one.createdAt) - Date.parse(other.createdAt),
  );
  const from = inOrder.findIndex(isSecond);
  const to = inOrder.findLastIndex(isSecond);
  const between = inOrder.slice(from, to + 1);
  return between.filter(isSecond).length / between.length;
}

function isSecond({ name }: { readonly name: string }): boolean {
  return name.includes('second-');
}
