import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { deliveryPrefix, deliveryWorkflowId, isDeliveryOf } from '../domain/callbacks.ts';
import type { Delivery } from '../domain/callbacks.ts';
import { MOST_DELIVERY_EVENTS, sendAgain, startsWith } from '../workflows/messages.ts';
import { DeliverySchema } from './delivery-schema.ts';
import { inTime } from './in-time.ts';
import { Problem } from './problem.ts';
import type { SessionReader } from './session-reader.ts';

/** How many of a session's deliveries are shown: those under way, and then those that ended last. */
const MOST_DELIVERIES = 200;

export type DeliveryClientOptions = {
  readonly client: Client;
  readonly taskQueue: string;
  readonly sessions: SessionReader;
};

type Known = {
  readonly delivery: Delivery;
  readonly callback: unknown;
  /** Whether it takes no more wishes. */
  readonly isLong: boolean;
};

/** The callbacks of sessions, as Temporal has them. Every method throws Problem. */
export class DeliveryClient {
  readonly #options: DeliveryClientOptions;

  constructor(options: DeliveryClientOptions) {
    this.#options = options;
  }

  /** The deliveries of all runs of the session, oldest event first. */
  async list(id: string): Promise<Delivery[]> {
    const { client, sessions } = this.#options;
    const query = startsWith('WorkflowId', deliveryPrefix(id));
    const newest = new Map<string, Delivery>();
    await inTime(client, async () => {
      // Of one that was sent again there are several runs, the newest first.
      for await (const run of client.workflow.list({ query })) {
        const delivery = isDeliveryOf(id, run.workflowId) ? shown(run) : null;
        if (delivery && !newest.has(delivery.id)) newest.set(delivery.id, delivery);
        if (newest.size >= MOST_DELIVERIES) break;
      }
    });
    const isErased = await this.#erased(id);
    const left = [...newest.values()].filter((delivery) => !isErased(delivery));
    // Temporal may keep them longer than the session.
    if (left.length === 0) await sessions.get(id);
    return left.toSorted((one, other) => (isBefore(one, other) ? -1 : 1));
  }

  /** Sends one again, now, and on its schedule should that fail. */
  async replay(id: string, deliveryId: string): Promise<Delivery> {
    const { client, taskQueue } = this.#options;
    const workflowId = deliveryWorkflowId(id, deliveryId);
    const known = workflowId === null ? null : await this.#find(workflowId);
    if (workflowId === null || known === null) {
      throw new Problem('no-delivery', `${id} has no delivery ${deliveryId}`);
    }
    const { delivery, callback, isLong } = known;
    const isErased = await this.#erased(id);
    if (isErased(delivery)) throw new Problem('erased', `${id} has been erased`);
    if (isLong) {
      const detail = `It was sent by hand too often; the next try is at ${delivery.nextTryAt}`;
      throw new Problem('too-many-requests', detail);
    }
    const waiting: Delivery = { ...delivery, state: 'pending' };
    await inTime(client, () =>
      client.workflow.signalWithStart('deliverCallback', {
        workflowId,
        taskQueue,
        signal: sendAgain,
        args: [callback, delivery.tries],
        memo: { delivery: waiting },
        staticSummary: `${delivery.type} of ${id}, once more`,
      }),
    );
    return waiting;
  }

  /** Whether a delivery was erased with its session, or is about to be: then its session was over, and this of before that. */
  async #erased(id: string): Promise<(delivery: Delivery) => boolean> {
    const erasure = await this.#options.sessions.erasure(id);
    return ({ timestamp }) => erasure !== null && Date.parse(timestamp) <= erasure.at.getTime();
  }

  /** A delivery with what its workflow was given, or null where there is none. */
  async #find(workflowId: string): Promise<Known | null> {
    const { client } = this.#options;
    const handle = client.workflow.getHandle(workflowId);
    try {
      const run = await inTime(client, () => handle.describe());
      const delivery = shown(run);
      const callback = await this.#inputOf({ workflowId, runId: run.runId });
      const isLong = run.status.name === 'RUNNING' && run.historyLength >= MOST_DELIVERY_EVENTS;
      return delivery && { delivery, callback, isLong };
    } catch (error) {
      if (error instanceof Problem && error.kind === 'session-not-found') return null;
      throw error;
    }
  }

  async #inputOf(execution: { workflowId: string; runId: string }): Promise<unknown> {
    const { client } = this.#options;
    const { namespace, loadedDataConverter } = client.options;
    const { history } = await inTime(client, () =>
      client.workflowService.getWorkflowExecutionHistory({
        namespace,
        execution,
        maximumPageSize: 1,
      }),
    );
    const input = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input;
    const [callback] = await decodeArrayFromPayloads(loadedDataConverter, input?.payloads);
    return callback;
  }
}

/** Ended from outside, it says `pending` to the last: Temporal's own status wins. */
function shown({ memo, status }: Pick<WorkflowExecutionInfo, 'memo' | 'status'>): Delivery | null {
  const { data } = DeliverySchema.safeParse(memo?.['delivery']);
  if (data === undefined) return null;
  const isLost = data.state === 'pending' && status.name !== 'RUNNING';
  return isLost ? { ...data, state: 'failed', nextTryAt: null } : data;
}

/** Events of the same moment are in the order of their numbers. */
function isBefore(one: Delivery, other: Delivery): boolean {
  if (one.timestamp !== other.timestamp) return one.timestamp < other.timestamp;
  return numberOf(one) < numberOf(other);
}

function numberOf({ id }: Delivery): number {
  return Number(id.split('_').at(-1));
}
