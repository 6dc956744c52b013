import { expect } from 'vitest';
import { eventually } from '../support/stack.ts';
import type { Blow } from './blows.ts';
import type { Ending, Scene } from './scene.ts';
import type { Theatre } from './theatre.ts';
import type { Wave } from './wave.ts';

/** Longer than any of our clients waits for an answer. */
const FOREVER_MS = 20_000;
/** Shorter than that: the answer comes while, or after, the disaster is on. */
const A_WHILE_MS = 8_000;
const PATIENCE_MS = 180_000;
const OVER = ['stopped', 'completed', 'failed'];

/** What goes wrong at a step. */
export type Column = {
  readonly name: string;
  readonly blow: Blow;
  /** What happens while the call is hit. */
  readonly meanwhile?: (theatre: Theatre, scene: Scene, wave: Wave) => Promise<void>;
  readonly ending: Ending;
};

const DISASTERS: Readonly<Record<string, Pick<Column, 'meanwhile' | 'ending'>>> = {
  'worker killed': {
    meanwhile: (theatre, _scene, wave) => wave.all('disaster', () => theatre.killWorker()),
    ending: 'ordinary',
  },
  'API killed': {
    meanwhile: (theatre, _scene, wave) => wave.all('disaster', () => theatre.killApi()),
    ending: 'ordinary',
  },
  'Temporal killed': {
    meanwhile: (theatre, _scene, wave) => wave.all('disaster', () => theatre.killTemporal()),
    ending: 'ordinary',
  },
  cancelled: {
    meanwhile: (theatre, { sessionId }) => theatre.cancel(sessionId),
    ending: 'cut short',
  },
  terminated: {
    meanwhile: (theatre, { sessionId }) => theatre.terminate(sessionId),
    ending: 'cut short',
  },
};

/** What a vendor's API may do to any call. */
export const VENDOR_FAULTS: readonly Pick<Column, 'name' | 'blow'>[] = [
  { name: 'answers 503', blow: { kind: 'unavailable', moment: 'before' } },
  { name: 'answers 429', blow: { kind: 'throttled', moment: 'before' } },
  { name: 'no answer, no effect', blow: { kind: 'held', ms: FOREVER_MS, moment: 'before' } },
  { name: 'no answer, but effect', blow: { kind: 'held', ms: FOREVER_MS, moment: 'after' } },
  { name: 'reset, no effect', blow: { kind: 'cut', moment: 'before' } },
  { name: 'reset, but effect', blow: { kind: 'cut', moment: 'after' } },
];

export const COLUMNS: readonly Column[] = [
  ...VENDOR_FAULTS.map((fault) => ({ ...fault, ending: 'ordinary' }) as const),
  ...Object.entries(DISASTERS).flatMap(([name, disaster]) =>
    (['before', 'after'] as const).map((moment) => ({
      name: `${name}, ${moment}`,
      blow: { kind: 'held', ms: A_WHILE_MS, moment } as const,
      ...disaster,
    })),
  ),
];

/** Waits until a session that was cut short is over, and shows a typed end. */
export async function overAtLast({ stack }: Theatre, { sessionId }: Scene): Promise<void> {
  await eventually(async () => {
    const { body } = await stack.api('GET', `/v1/sessions/${encodeURIComponent(sessionId)}`);
    expect(OVER).toContain(body['status']);
    expect(body['endReason'] ?? body['failure'] ?? body['transcript']).toBeTruthy();
  }, PATIENCE_MS);
}
