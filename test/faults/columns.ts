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
    meanwhile: async ({ stack }, { sessionId }) => {
      await stack.client.workflow.getHandle(sessionId).cancel();
    },
    ending: 'cut short',
  },
  terminated: {
    meanwhile: async ({ stack }, { sessionId }) => {
      await stack.client.workflow.getHandle(sessionId).terminate('by the fault matrix');
    },
    ending: 'cut short',
  },
};

export const COLUMNS: readonly Column[] = [
  ...vendorColumn('answers 503', { kind: 'unavailable', moment: 'before' }),
  ...vendorColumn('answers 429', { kind: 'throttled', moment: 'before' }),
  ...vendorColumn('no answer, no effect', { kind: 'held', ms: FOREVER_MS, moment: 'before' }),
  ...vendorColumn('no answer, but effect', { kind: 'held', ms: FOREVER_MS, moment: 'after' }),
  ...vendorColumn('reset, no effect', { kind: 'cut', moment: 'before' }),
  ...vendorColumn('reset, but effect', { kind: 'cut', moment: 'after' }),
  ...Object.entries(DISASTERS).flatMap(([name, disaster]) =>
    (['before', 'after'] as const).map((moment) => ({
      name: `${name}, ${moment}`,
      blow: { kind: 'held', ms: A_WHILE_MS, moment } as const,
      ...disaster,
    })),
  ),
];

function vendorColumn(name: string, blow: Blow): Column[] {
  return [{ name, blow, ending: 'ordinary' }];
}

/** Waits until a session that was cut short is over, and shows a typed end. */
export async function overAtLast({ stack }: Theatre, { sessionId }: Scene): Promise<void> {
  await eventually(async () => {
    const { body } = await stack.api('GET', `/v1/sessions/${encodeURIComponent(sessionId)}`);
    expect(OVER).toContain(body['status']);
    expect(body['endReason'] ?? body['failure'] ?? body['transcript']).toBeTruthy();
  }, PATIENCE_MS);
}
