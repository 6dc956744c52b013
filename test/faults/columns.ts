import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { eventually } from '../support/stack.ts';
import { isHeld, type Blow } from './blows.ts';
import type { Ending, Scene } from './scene.ts';
import type { Theatre } from './theatre.ts';
import type { Wave } from './wave.ts';

/** Longer than any of our clients waits: calls for 10 s, downloads of files for a minute. */
const FOREVER_MS = 70_000;
/** Shorter than that: the answer comes while, or after, the disaster is on. */
const A_WHILE_MS = 9_000;
/** For the answers that were held, and for a run of reconcile. */
const AFTERMATH_MS = A_WHILE_MS + 12_000;
const PATIENCE_MS = 180_000;

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
    meanwhile: hitting((theatre) => theatre.killWorker()),
    ending: 'ordinary',
  },
  'API killed': {
    meanwhile: hitting((theatre) => theatre.killApi()),
    ending: 'ordinary',
  },
  'Temporal killed': {
    meanwhile: hitting((theatre) => theatre.killTemporal()),
    ending: 'ordinary',
  },
  cancelled: {
    meanwhile: (theatre, { sessionId }) => theatre.cancel(sessionId),
    ending: 'cancelled',
  },
  terminated: {
    meanwhile: (theatre, { sessionId }) => theatre.terminate(sessionId),
    ending: 'terminated',
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

export const VENDOR_COLUMNS: readonly Column[] = VENDOR_FAULTS.map((fault) => ({
  ...fault,
  ending: 'ordinary',
}));

export const DISASTER_COLUMNS: readonly Column[] = Object.entries(DISASTERS).flatMap(
  ([name, disaster]) =>
    (['before', 'after'] as const).map((moment) => ({
      name: `${name}, ${moment}`,
      blow: { kind: 'held', ms: A_WHILE_MS, moment } as const,
      ...disaster,
    })),
);

/** Does one thing to all scenes of a column, each of which is held just then at its step, if that changes anything. */
function hitting(act: (theatre: Theatre) => Promise<void>): Column['meanwhile'] {
  return async (theatre, scene, wave) => {
    await wave.all('struck');
    const isInTime = !scene.step.hasEffect || isHeld(theatre.stack, scene.target());
    expect(isInTime, 'the call is still held').toBe(true);
    await wave.all('disaster', () => act(theatre));
  };
}

/** Waits until a session that was cut short has ended as it has to, its receiver was told, and nothing is left. */
export async function endedAs(
  ending: 'cancelled' | 'terminated',
  theatre: Theatre,
  scene: Scene,
): Promise<void> {
  const path = `/v1/sessions/${encodeURIComponent(scene.sessionId)}`;
  await eventually(async () => {
    const { body } = await theatre.stack.api('GET', path);
    const { status, endReason, failure } = body;
    if (ending === 'terminated') {
      const failed = { status: 'failed', failure: { kind: 'terminated' } };
      const expected = scene.step.isAfterEnd ? { status: 'stopped', failure: null } : failed;
      expect({ status, failure }).toMatchObject(expected);
    } else {
      expect(failure).toBeNull();
      // One that was on its way out, or through, ends as it would have.
      expect(status === 'completed' || endReason === 'cancelled' || endReason === 'requested').toBe(
        true,
      );
    }
  }, PATIENCE_MS);
  if (ending === 'cancelled') await theatre.toldOfEnd(scene.sessionId);
  await eventually(() => expect(scene.verdict(ending)).toEqual([]), PATIENCE_MS);
}

/** Lets pass what may come late: answers that were held, a run of reconcile, callbacks. */
export async function aftermath(): Promise<void> {
  await sleep(AFTERMATH_MS);
}
