import { onTestFinished } from 'vitest';
import { SIMULATED_VIDEOSDK } from '../../simulators/credentials.ts';
import {
  createVideosdkSimulator,
  type VideosdkSimulator,
} from '../../simulators/videosdk/simulator.ts';
import { agoraCaller, SPACING_MS, type Caller } from '../simulators/agora-caller.ts';

export { SPACING_MS };

export type Operation = 'start' | 'look' | 'update' | 'stop';

type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterSeconds?: number }
  | { readonly kind: 'reset' }
  | { readonly kind: 'lost-response' };

type VendorTask = {
  readonly id: string;
  readonly channel: string;
  /** RFC 3339; null while it runs. */
  readonly endedAt: string | null;
};

/** A vendor's simulator as the suite of all providers sees it. */
export type Vendor = {
  readonly url: string;
  /** Moves its clock. */
  advance(ms: number): void;
  /** Every task it has ever had. */
  tasks(): readonly VendorTask[];
  violations(): readonly unknown[];
  /** Has the next call of `operation` go wrong. */
  inject(operation: Operation, fault: Fault): void;
  end(taskId: string, how: 'failed' | 'idle' | 'left' | 'vanished'): void;
};

export const NOBODY = { exist: false, areKnown: true, tasks: [] };

/** Agora, with the names that one of its APIs has for the operations. */
export async function agoraVendor(
  operations: Record<Operation, Parameters<Caller['simulator']['inject']>[0]['operation']>,
): Promise<Vendor> {
  const caller = await agoraCaller({ startingMs: 0 });
  const { simulator, url } = caller;
  return {
    url,
    advance: (ms) => caller.advance(ms),
    tasks: () => simulator.ledger().tasks.map((task) => ({ ...task, id: task.agentId })),
    violations: () => simulator.ledger().violations,
    inject: (operation, fault) => simulator.inject({ operation: operations[operation], fault }),
    end: (taskId, how) => simulator.endTask(taskId, how),
  };
}

/** VideoSDK, where a start is always in a room whose session is active. */
export async function videosdkVendor(): Promise<
  Vendor & { readonly simulator: VideosdkSimulator }
> {
  let nowMs = Date.now();
  const simulator = createVideosdkSimulator({ ...SIMULATED_VIDEOSDK, now: () => nowMs });
  const url = await simulator.app.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => simulator.close());
  const operations = { start: 'start', look: 'fetch', update: 'any', stop: 'end' } as const;
  return {
    simulator,
    url,
    advance: (ms) => {
      nowMs += ms;
    },
    tasks: () =>
      simulator.ledger().tasks.map(({ roomId, ...task }) => ({ ...task, channel: roomId })),
    violations: () => simulator.ledger().violations,
    inject: (operation, fault) => simulator.inject({ operation: operations[operation], fault }),
    end: (taskId, how) =>
      simulator.endTask(taskId, how === 'vanished' || how === 'failed' ? how : 'stopped'),
  };
}
