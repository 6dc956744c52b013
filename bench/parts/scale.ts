import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { z } from 'zod';
import { equals, SEARCH_ATTRIBUTES } from '../../src/workflows/messages.ts';
import { each } from '../load.ts';
import { linePlot } from '../plot/lines.ts';
import { short, type Goal } from '../results.ts';
import { durascribe } from '../sides.ts';
import { onStage, type Stage } from '../stage.ts';
import { quantile, spreadOf } from '../statistics.ts';
import { residentMegabytes } from '../usage.ts';
import type { Outcome, Scope } from './part.ts';

const CALLERS = 30;
const WOKEN = 30;
const PAGE_SIZE = 100;
const LOOK_EVERY_MS = 500;
const SETTLES_MS = 5_000;
const STARTS = 3;
const READY_WITHIN_MS = 3_000;
/** Memory that grows by less than this part, while sessions become several times as many, is flat. */
const FLAT = 0.1;

type Size = { readonly steps: readonly number[]; readonly environment: NodeJS.ProcessEnv };
const FULL: Size = { steps: [1_000, 5_000, 20_000], environment: {} };
/** Few are kept, so that few make it full. */
const QUICK: Size = { steps: [50, 100, 200], environment: { DURASCRIBE_CACHED_SESSIONS: '40' } };

type Step = {
  readonly sessions: number;
  readonly workerMegabytes: number;
  readonly apiMegabytes: number;
};
type Listing = {
  readonly seconds: number;
  readonly pages: number;
  readonly sessions: number;
  readonly apiGrewMegabytes: number;
};

/** Ever more open sessions that have nothing to do. */
export async function scale({ isQuick, progress }: Scope): Promise<Outcome> {
  const { steps: counts, environment } = isQuick ? QUICK : FULL;
  return onStage({ hasRecordings: false, environment }, async (stage) => {
    progress('starting workers');
    const readyMs = await startUps(stage);
    await Promise.all([stage.startWorker('durascribe'), stage.startApi()]);
    const side = durascribe(stage);
    const steps: Step[] = [{ sessions: 0, ...memory(stage) }];
    for (const [index, sessions] of counts.entries()) {
      await openUntil(stage, counts[index - 1] ?? 0, sessions, progress);
      await delay(SETTLES_MS);
      steps.push({ sessions, ...memory(stage) });
    }
    const most = counts.at(-1) ?? 0;
    const wake = async (from: number) => {
      const channels = Array.from({ length: WOKEN }, (_, index) => `idle-${from + index}`);
      return (await each(channels, 1, (channel) => side.change(channel, '300'))).latenciesMs;
    };
    progress('waking some');
    const evictedMs = await wake(0);
    const cachedMs = await wake(0);
    progress(`listing ${most}`);
    const listing = await list(stage);
    return outcomeOf({ readyMs, steps, evictedMs, cachedMs, listing });
  });
}

/** How long a worker takes from its start until it asks for work, a few times. */
async function startUps(stage: Stage): Promise<number[]> {
  const readyMs: number[] = [];
  for (let time = 0; time < STARTS; time += 1) {
    const beganMs = performance.now();
    const worker = await stage.startWorker('durascribe');
    readyMs.push(performance.now() - beganMs);
    await stage.stopWorker(worker);
  }
  return readyMs;
}

function memory({ groups }: Stage) {
  return {
    workerMegabytes: residentMegabytes(groups.get('worker') ?? 0),
    apiMegabytes: residentMegabytes(groups.get('api') ?? 0),
  };
}

/** Opens more of them, and waits until all run. */
async function openUntil(
  { apiUrl, client }: Stage,
  open: number,
  sessions: number,
  progress: (text: string) => void,
): Promise<void> {
  const pool = new Pool(apiUrl, { connections: CALLERS });
  const numbers = Array.from({ length: sessions - open }, (_, index) => open + index);
  await each(numbers, CALLERS, async (number) => {
    if (number % 100 === 0) progress(`${number} of ${sessions} sessions opened`);
    const answer = await pool.request({
      method: 'POST',
      path: '/v1/sessions',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        provider: 'agora',
        channel: `idle-${number}`,
        languages: ['en-US'],
        maxDurationSeconds: 0,
      }),
    });
    const said = await answer.body.text();
    if (answer.statusCode !== 201) throw new Error(`POST: ${answer.statusCode} ${said}`);
  });
  await pool.close();
  for (;;) {
    const { count } = await client.workflow.count(equals(SEARCH_ATTRIBUTES.status, 'running'));
    progress(`${count} of ${sessions} sessions run`);
    if (count >= sessions) return;
    await delay(LOOK_EVERY_MS);
  }
}

const Page = z.object({
  sessions: z.array(z.object({ id: z.string() })),
  nextPageToken: z.string().nullish(),
});

async function list(stage: Stage): Promise<Listing> {
  const before = memory(stage).apiMegabytes;
  const beganMs = performance.now();
  let [pages, sessions, most] = [0, 0, before];
  let token: string | null | undefined;
  do {
    const query = new URLSearchParams({ pageSize: String(PAGE_SIZE) });
    if (token) query.set('pageToken', token);
    const answer = await fetch(`${stage.apiUrl}/v1/sessions?${query.toString()}`);
    const page = Page.parse(await answer.json());
    pages += 1;
    sessions += page.sessions.length;
    token = page.nextPageToken;
    most = Math.max(most, memory(stage).apiMegabytes);
  } while (token);
  const seconds = (performance.now() - beganMs) / 1_000;
  return { seconds, pages, sessions, apiGrewMegabytes: most - before };
}

type Run = {
  readonly readyMs: readonly number[];
  readonly steps: readonly Step[];
  readonly evictedMs: readonly number[];
  readonly cachedMs: readonly number[];
  readonly listing: Listing;
};

function outcomeOf({ readyMs, steps, evictedMs, cachedMs, listing }: Run): Outcome {
  const [first, last] = [steps.at(-2), steps.at(-1)];
  const grew = (last?.workerMegabytes ?? 0) / (first?.workerMegabytes ?? 1) - 1;
  const ready = spreadOf(readyMs);
  const goals: Goal[] = [
    {
      what: `memory of a worker, ${first?.sessions} to ${last?.sessions} sessions`,
      goal: `grows < ${FLAT * 100} %`,
      measured: `${short(grew * 100)} %`,
      isMet: grew < FLAT,
    },
    {
      what: 'start-up of a worker until it works',
      goal: `< ${READY_WITHIN_MS / 1_000} s`,
      measured: `${short(ready.median / 1_000)} s`,
      isMet: ready.median < READY_WITHIN_MS,
    },
  ];
  return {
    setting: `up to ${last?.sessions} open sessions of one worker, none with anything to do`,
    tables: [
      {
        head: ['open sessions', 'worker, resident', 'API, resident'],
        rows: steps.map(({ sessions, workerMegabytes, apiMegabytes }) => [
          sessions.toLocaleString('en'),
          `${short(workerMegabytes)} MiB`,
          `${short(apiMegabytes)} MiB`,
        ]),
      },
      {
        head: ['a change of a session', 'p50', 'p99'],
        rows: [
          ['that no worker has in memory', ...inMs(evictedMs)],
          ['that a worker has', ...inMs(cachedMs)],
        ],
      },
      {
        head: [`listing ${listing.sessions.toLocaleString('en')} sessions`, ''],
        rows: [
          ['pages', String(listing.pages)],
          ['all of them', `${short(listing.seconds)} s`],
          ['more memory of the API', `${short(listing.apiGrewMegabytes)} MiB`],
        ],
      },
    ],
    goals,
    data: { readyMs, steps, evictedMs, cachedMs, listing },
    plots: {
      memory: linePlot({
        title: 'Resident memory, by open sessions without anything to do',
        xLabel: 'open sessions',
        yLabel: 'MiB',
        series: [
          {
            name: 'worker',
            points: steps.map(({ sessions, workerMegabytes }) => ({
              x: sessions,
              y: workerMegabytes,
            })),
          },
          {
            name: 'API',
            points: steps.map(({ sessions, apiMegabytes }) => ({ x: sessions, y: apiMegabytes })),
          },
        ],
      }),
    },
  };
}

function inMs(values: readonly number[]): string[] {
  return [0.5, 0.99].map((fraction) => `${short(quantile(values, fraction))} ms`);
}
