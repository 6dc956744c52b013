import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isStruck, strike } from './blows.ts';
import { endedAs, VENDOR_FAULTS } from './columns.ts';
import { ROWS } from './rows.ts';
import { openTheatre, type Theatre } from './theatre.ts';

/** What happens is decided by this number alone; only when it happens is not. */
const SEED = Number(process.env['FAULTS_SEED'] ?? randomInt(2 ** 31));
const SECONDS = Number(process.env['FAULTS_SECONDS'] ?? 300);
const PLAYERS = 8;
const LEAST_PEACE_MS = 8_000;
const MOST_PEACE_MS = 20_000;
/** One session of so many is cancelled by an operator. */
const CANCELLED = 6;

/** How long the sessions that are begun last may take to end. */
const LAST_SECONDS = 400;
/** Nobody can tell beforehand whose an anonymous call is. */
const NAMED_ROWS = ROWS.filter(({ step }) => step !== 'acquire');

let theatre: Theatre;
beforeAll(async () => {
  theatre = await openTheatre();
});
afterAll(() => theatre.close());

const timeout = (SECONDS + LAST_SECONDS) * 1_000;
test(
  `sessions under random faults for ${SECONDS} s, seed ${SEED}`,
  { timeout },
  async ({ task }) => {
    console.log(`FAULTS_SEED=${SEED} FAULTS_SECONDS=${SECONDS} repeats this run.`);
    const untilMs = Date.now() + SECONDS * 1_000;
    const killed: Record<string, number> = {};
    const faults: string[] = [];
    let played = 0;
    let struck = 0;

    const fate = async (): Promise<void> => {
      const random = randomNumbers(SEED);
      const kills = Object.entries({
        worker: () => theatre.killWorker(),
        API: () => theatre.killApi(),
        Temporal: () => theatre.killTemporal(),
      });
      for (;;) {
        await sleep(LEAST_PEACE_MS + random() * (MOST_PEACE_MS - LEAST_PEACE_MS));
        if (Date.now() > untilMs) return;
        const [name, kill] = chosen(kills, random);
        await kill();
        killed[name] = (killed[name] ?? 0) + 1;
      }
    };
    const player = async (number: number): Promise<void> => {
      const random = randomNumbers(SEED + number + 1);
      for (let turn = 0; Date.now() < untilMs; turn += 1) {
        const { isHit, broken } = await play(random, number * 1_000 + turn);
        played += 1;
        struck += isHit ? 1 : 0;
        faults.push(...broken);
      }
    };
    await Promise.all([fate(), ...Array.from({ length: PLAYERS }, (_, number) => player(number))]);

    console.table({
      'sessions played': played,
      'hit at their step': struck,
      ...killed,
      'promises broken': faults.length,
    });
    const kills = Object.entries(killed).map(([name, times]) => `${name} ${times} times`);
    const did = `${played} sessions, ${struck} of them hit at their step, killed were ${kills.join(', ')}`;
    task.meta.random = { seed: SEED, seconds: SECONDS, did };
    expect(played).toBeGreaterThan(PLAYERS);
    expect(faults).toEqual([]);
  },
);

type Played = { readonly isHit: boolean; readonly broken: string[] };

/** Plays one session, hit once at random; returns what was wrong with it. */
async function play(random: () => number, number: number): Promise<Played> {
  const row = chosen(NAMED_ROWS, random);
  const { name, blow } = chosen(VENDOR_FAULTS, random);
  const isCancelled = random() * CANCELLED < 1;
  const scene = row.scene(theatre, number);
  const told = (fault: string) =>
    `${row.provider}: ${row.step}, ${name}${isCancelled ? ', cancelled' : ''} (number ${number}): ${fault}`;
  try {
    await scene.lead();
    const answered = scene.trigger();
    strike(theatre.stack, scene.target(), blow);
    await answered;
    if (isCancelled) {
      await theatre.cancel(scene.sessionId);
      await endedAs('cancelled', theatre, scene);
    } else {
      await scene.conclude();
    }
    const isHit = isStruck(theatre.stack, scene.target());
    return { isHit, broken: scene.verdict(isCancelled ? 'cancelled' : 'ordinary').map(told) };
  } catch (error) {
    return { isHit: false, broken: [told(error instanceof Error ? error.message : String(error))] };
  }
}

function chosen<T>(items: readonly T[], random: () => number): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('there is nothing to choose from');
  return item;
}

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
