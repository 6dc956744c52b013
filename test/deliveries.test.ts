import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepHistory } from './support/histories.ts';
import { deliveriesOf, deliveryWorkflow, listedReceivers } from './support/receiver.ts';
import { eventually, startSession, startStack, stopSession, type Stack } from './support/stack.ts';

/** Temporal takes about a minute. */
const DELETED_WITHIN_MS = 90_000;
const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;

const receivers = await listedReceivers(14);
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    environment: { ...receivers.environment, DURASCRIBE_WEBHOOK_SECRET: SECRET },
  });
});
afterAll(() => Promise.all([stack.stop(), receivers.close()]));

describe.concurrent('the deliveries of a session', () => {
  test('all come once a receiver that was down is back, and it holds no session up', async () => {
    const { url, taken, up } = receivers.one();
    const path = await startSession(stack, 'down', { callbackUrl: url });
    expect(await stopSession(stack, path)).toMatchObject({ status: 'stopped' });
    const refused = { state: 'pending', tries: [{ error: 'no answer: ECONNREFUSED' }] };
    await eventually(async () =>
      expect(await deliveriesOf(stack, path)).toMatchObject([refused, refused]),
    );
    await up();
    await eventually(() =>
      expect(taken().toSorted()).toEqual(['session.ended', 'session.running']),
    );
    const tries = [{ status: null }, { status: 204 }];
    await eventually(async () =>
      expect(await deliveriesOf(stack, path)).toMatchObject([
        { type: 'session.running', state: 'delivered', tries },
        { type: 'session.ended', state: 'delivered', tries },
      ]),
    );
    const [first] = await deliveriesOf(stack, path);
    await keepHistory(stack, deliveryWorkflow('agora:down', first?.id ?? ''), 'callback-retried');
  });

  test('come when the receiver asks for them, or somebody by hand before that', async () => {
    const { url, received, taken, up, answer } = receivers.one();
    await up();
    answer(503, { 'retry-after': '7' });
    const path = await startSession(stack, 'busy', { callbackUrl: url });
    await eventually(() => expect(received).toHaveLength(2));
    const [first, second] = received.map(({ headers }) => Number(headers['webhook-timestamp']));
    expect(Number(second) - Number(first)).toBeGreaterThanOrEqual(6);
    answer(204);
    const id = received[0]?.id ?? '';
    const replayed = await stack.api('POST', `${path}/deliveries/${id}/replay`);
    expect(replayed).toMatchObject({ status: 202, body: { id, state: 'pending' } });
    await eventually(() => expect(taken()).toEqual(['session.running']));
    expect(new Set(received.map((one) => one.id))).toEqual(new Set([id]));
    await eventually(async () =>
      expect(await deliveriesOf(stack, path)).toMatchObject([
        { state: 'delivered', tries: [{ status: 503 }, { status: 503 }, { status: 204 }] },
      ]),
    );
    await stopSession(stack, path);
    await keepHistory(stack, deliveryWorkflow('agora:busy', id), 'callback-by-hand');
  });

  test('can be sent again, as the same message, after they were delivered', async () => {
    const { url, received, up } = receivers.one();
    await up();
    const path = await startSession(stack, 'again', { callbackUrl: url });
    await eventually(async () =>
      expect(await deliveriesOf(stack, path)).toMatchObject([{ state: 'delivered' }]),
    );
    const id = received[0]?.id ?? '';
    await stack.api('POST', `${path}/deliveries/${id}/replay`);
    await eventually(() => expect(received).toHaveLength(2));
    expect(received[1]).toMatchObject({ id, body: received[0]?.body });
    await eventually(async () =>
      expect(await deliveriesOf(stack, path)).toMatchObject([
        { id, state: 'delivered', tries: [{ status: 204 }, { status: 204 }] },
      ]),
    );
    await keepHistory(stack, deliveryWorkflow('agora:again', id), 'callback-again');
    for (const unknown of [`${id}0`, 'nothing', id.replace('msg_', 'x')]) {
      const answer = await stack.api('POST', `${path}/deliveries/${unknown}/replay`);
      expect(answer.status).toBe(404);
    }
    await stopSession(stack, path);
  });

  test('end for a session whose receiver says that it is gone', async () => {
    const { url, received, up, answer } = receivers.one();
    await up();
    answer(410);
    const path = await startSession(stack, 'gone', { callbackUrl: url });
    await eventually(async () =>
      expect(await deliveriesOf(stack, path)).toMatchObject([{ state: 'gone', nextTryAt: null }]),
    );
    await stopSession(stack, path);
    await stopSession(stack, path);
    expect(await deliveriesOf(stack, path)).toHaveLength(1);
    expect(received).toHaveLength(1);
    await keepHistory(
      stack,
      deliveryWorkflow('agora:gone', received[0]?.id ?? ''),
      'callback-gone',
    );
    await keepHistory(stack, 'agora:gone', 'callbacks-gone');
  });

  test('follow no redirect', async () => {
    const target = receivers.one();
    await target.up();
    const { url, received, up, answer } = receivers.one();
    await up();
    answer(307, { location: target.url });
    const path = await startSession(stack, 'redirected', { callbackUrl: url });
    await eventually(() => expect(received.length).toBeGreaterThanOrEqual(2));
    const error = 'it answered 307, and redirects are not followed';
    await eventually(async () =>
      expect((await deliveriesOf(stack, path))[0]).toMatchObject({
        state: 'pending',
        tries: [
          { status: 307, error },
          { status: 307, error },
        ],
      }),
    );
    expect(target.received).toEqual([]);
    await stopSession(stack, path);
  });

  test('that are made by hand put the next one off where the receiver asks for it', async () => {
    const { url, received, up, answer } = receivers.one();
    await up();
    answer(500);
    const path = await startSession(stack, 'put-off', { callbackUrl: url });
    await eventually(() => expect(received.length).toBeGreaterThanOrEqual(2));
    answer(503, { 'retry-after': '3600' });
    const id = received[0]?.id ?? '';
    const askedAtMs = Date.now();
    await stack.api('POST', `${path}/deliveries/${id}/replay`);
    await eventually(async () => {
      const [delivery] = await deliveriesOf(stack, path);
      expect(delivery?.tries.at(-1)).toMatchObject({ status: 503 });
      expect(Date.parse(delivery?.nextTryAt ?? '')).toBeGreaterThan(askedAtMs + 3_500_000);
    });
    await stopSession(stack, path);
  });

  test('take no more wishes than one history holds, and say so', async () => {
    const { url, received, up, answer } = receivers.one();
    await up();
    answer(500);
    const path = await startSession(stack, 'worn-out', { callbackUrl: url });
    await eventually(() => expect(received.length).toBeGreaterThanOrEqual(2));
    const id = received[0]?.id ?? '';
    const handle = stack.client.workflow.getHandle(deliveryWorkflow('agora:worn-out', id));
    for (let round = 0; round < 50; round += 1) {
      await Promise.all(Array.from({ length: 20 }, () => handle.signal('sendAgain')));
    }
    // What comes while the workflow is at work is in its history only afterwards.
    await eventually(async () =>
      expect(await stack.api('POST', `${path}/deliveries/${id}/replay`)).toMatchObject({
        status: 429,
        body: { detail: expect.stringContaining('by hand') },
      }),
    );
    await stopSession(stack, path);
  });

  test('are tried on a queue of their own, where a slow receiver holds nothing else up', async () => {
    const { url, received, up } = receivers.one();
    await up();
    const path = await startSession(stack, 'slow', { callbackUrl: url });
    await eventually(() => expect(received).toHaveLength(1));
    const workflowId = deliveryWorkflow('agora:slow', received[0]?.id ?? '');
    const { events } = await stack.client.workflow.getHandle(workflowId).fetchHistory();
    const queues = (events ?? []).flatMap(
      (event) => event.activityTaskScheduledEventAttributes?.taskQueue?.name ?? [],
    );
    expect(queues).toEqual([`${stack.taskQueue}.callbacks`]);
    await stopSession(stack, path);
  });

  test('are not begun again while their session is erased, and those that were are erased', async () => {
    const { url, received, taken, up, answer } = receivers.one();
    await up();
    const path = await startSession(stack, 'erasing', { callbackUrl: url });
    await eventually(() => expect(taken()).toEqual(['session.running']));
    const { id = '', body = '' } = received[0] ?? {};
    await stopSession(stack, path);
    await eventually(() => expect(taken()).toContain('session.ended'));
    answer(500);
    const { client, taskQueue } = stack;
    const erasure = await client.workflow.start('eraseSession', {
      workflowId: 'erase:agora:erasing',
      taskQueue,
      args: [{ id: 'agora:erasing', provider: 'agora' }],
      startDelay: '5 seconds',
    });
    const refused = await stack.api('POST', `${path}/deliveries/${id}/replay`);
    expect(refused.status).toBe(410);
    // One that was on its way already.
    const workflowId = deliveryWorkflow('agora:erasing', id);
    const callback = { id, sessionId: 'agora:erasing', url, payload: JSON.parse(body) };
    await client.workflow.start('deliverCallback', { workflowId, taskQueue, args: [callback] });
    await erasure.result();
    const delivery = client.workflow.getHandle(workflowId).describe();
    const state = await delivery.then(({ status }) => status.name).catch(() => 'deleted');
    expect(state).not.toBe('RUNNING');
    expect((await stack.api('POST', `${path}/deliveries/${id}/replay`)).status).not.toBe(202);
  });

  test('are erased with their session', { timeout: 2 * DELETED_WITHIN_MS }, async () => {
    const { url, received, taken, up, answer } = receivers.one();
    await up();
    const path = await startSession(stack, 'erased', { callbackUrl: url });
    await eventually(() => expect(taken()).toEqual(['session.running']));
    answer(500);
    await stopSession(stack, path);
    await eventually(() => expect(received.length).toBeGreaterThanOrEqual(2));
    expect((await stack.api('DELETE', path)).status).toBe(204);
    for (const { id } of received) {
      const workflow = stack.client.workflow.getHandle(deliveryWorkflow('agora:erased', id));
      await eventually(
        async () => expect(workflow.describe()).rejects.toThrow('not found'),
        DELETED_WITHIN_MS,
      );
    }
    const gone = await stack.api('GET', `${path}/deliveries`);
    expect([404, 410]).toContain(gone.status);
  });
});
