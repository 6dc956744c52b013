import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/stack.ts';
import { isStruck, strike } from './blows.ts';
import { CALL_STEPS, CallScene } from './call-scene.ts';
import { COLUMNS, overAtLast, type Column } from './columns.ts';
import { LIVE_PROVIDERS, LIVE_STEPS, LiveScene } from './live-scene.ts';
import type { Scene } from './scene.ts';
import { openTheatre, type Theatre } from './theatre.ts';
import { Wave } from './wave.ts';

const PATIENCE_MS = 120_000;

declare module 'vitest' {
  interface TaskMeta {
    /** Where the report shows the outcome of a test. */
    cell?: { readonly provider: string; readonly step: string; readonly column: string };
  }
}

type Row = {
  readonly provider: string;
  readonly step: string;
  readonly scene: (theatre: Theatre) => Scene;
};

const ROWS: readonly Row[] = [
  ...LIVE_PROVIDERS.flatMap((provider) =>
    LIVE_STEPS[provider].map((step, index) => ({
      provider,
      step: step.name,
      scene: (theatre: Theatre) => new LiveScene(theatre, provider, step, `${provider}-${index}`),
    })),
  ),
  ...CALL_STEPS.map((step, index) => ({
    provider: 'recorded call',
    step: step.name,
    scene: (theatre: Theatre) => new CallScene(theatre, step, String(447_700_930_000 + index)),
  })),
];

describe.for(COLUMNS)('$name', (column) => {
  let theatre: Theatre;
  const wave = new Wave(ROWS.length);
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  describe.concurrent('', () => {
    test.for(ROWS)('$provider: $step', async ({ provider, step, scene }, { task }) => {
      task.meta.cell = { provider, step, column: column.name };
      try {
        expect(await play(theatre, scene(theatre), column, wave)).toEqual([]);
      } catch (error) {
        wave.leave();
        throw error;
      }
    });
  });
});

/** Plays one scene of a column, and returns its verdict. */
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
    return scene.verdict(ending);
  }
  await overAtLast(theatre, scene);
  await eventually(() => expect(scene.verdict(ending)).toEqual([]), PATIENCE_MS);
  return scene.verdict(ending);
}
