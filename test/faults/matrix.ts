import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/stack.ts';
import { isStruck, strike } from './blows.ts';
import { aftermath, endedAs, type Column } from './columns.ts';
import { ROWS } from './rows.ts';
import type { Scene } from './scene.ts';
import { openTheatre, type Theatre } from './theatre.ts';
import { Wave } from './wave.ts';

const PATIENCE_MS = 120_000;

/** Plays every row of each column, one column after the other. */
export function playColumns(columns: readonly Column[]): void {
  describe.for(columns)('$name', (column) => {
    playRows(column);
  });
}

/** Of a call that changes nothing, before and after are the same. */
const rowsOf = ({ blow }: Column) =>
  ROWS.map((row, number) => ({ ...row, number })).filter(
    ({ hasEffect }) => hasEffect || blow.moment === 'before',
  );

function playRows(column: Column): void {
  let theatre: Theatre;
  const rows = rowsOf(column);
  const wave = new Wave(rows.length);
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  describe.concurrent('at', () => {
    test.for(rows)('$provider: $step', async ({ provider, step, scene, number }, { task }) => {
      task.meta.cell = { provider, step, column: column.name };
      try {
        expect(await play(theatre, scene(theatre, number), column, wave)).toEqual([]);
      } catch (error) {
        wave.leave();
        throw error;
      }
    });
  });
}

/** Plays one scene of a column, and returns its verdict, once nothing more can come. */
async function play(
  theatre: Theatre,
  scene: Scene,
  { blow, meanwhile, ending }: Column,
  wave: Wave,
): Promise<string[]> {
  await scene.lead();
  await wave.all('led');
  if (scene.step.isAnonymous) await wave.all('others are struck');
  const answered = scene.trigger();
  void Promise.allSettled([answered]); // One that fails is noticed where it is waited for.
  strike(theatre.stack, scene.target(), blow);
  await eventually(() => expect(isStruck(theatre.stack, scene.target())).toBe(true), PATIENCE_MS);
  if (!scene.step.isAnonymous) void wave.all('others are struck');
  await meanwhile?.(theatre, scene, wave);
  if (ending === 'ordinary') {
    await answered;
    await scene.conclude();
  } else {
    await endedAs(ending, theatre, scene);
  }
  if (meanwhile) await wave.all('ended', aftermath);
  if (ending !== 'terminated') await theatre.toldOfEnd(scene.sessionId);
  return scene.verdict(ending);
}
