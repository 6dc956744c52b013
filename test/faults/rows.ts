import { CALL_STEPS, CallScene } from './call-scene.ts';
import { LIVE_PROVIDERS, LIVE_STEPS, LiveScene } from './live-scene.ts';
import type { Scene } from './scene.ts';
import type { Theatre } from './theatre.ts';

const FIRST_NUMBER = 447_700_930_000;

/** A step of a provider's session. */
export type Row = {
  readonly provider: string;
  readonly step: string;
  readonly hasEffect: boolean;
  /** A session of its own for each `number`. */
  readonly scene: (theatre: Theatre, number: number) => Scene;
};

export const ROWS: readonly Row[] = [
  ...LIVE_PROVIDERS.flatMap((provider) =>
    LIVE_STEPS[provider].map((step) => ({
      provider,
      step: step.name,
      hasEffect: step.hasEffect,
      scene: (theatre: Theatre, number: number) =>
        new LiveScene(theatre, provider, step, `${provider}-${number}`),
    })),
  ),
  ...CALL_STEPS.map((step) => ({
    provider: 'recorded call',
    step: step.name,
    hasEffect: step.hasEffect,
    scene: (theatre: Theatre, number: number) =>
      new CallScene(theatre, step, String(FIRST_NUMBER + number)),
  })),
];
