import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepHistory } from './support/histories.ts';
import { deliveriesOf, deliveryWorkflow, listedReceivers } from './support/receiver.ts';
import { eventually, startStack, stopSession, type Stack } from './support/stack.ts';

const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;

const receivers = await listedReceivers(2);
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    environment: { ...receivers.environment, DURASCRIBE_WEBHOOK_SECRET: SECRET },
  });
});
afterAll(() => Promise.all([stack.stop(), receivers.close()]));

describe('the callbacks of a session that has made way for the next one', () => {
  test('tell of a transcript that comes when the room is in use again', async () => {
    const { url, received, up } = receivers.one();
    await up();
    const body = { provider: 'videosdk', roomId: 'told-late', callbackUrl: url };
    const begin = () => stack.api('POST', '/v1/sessions', body, { prefer: 'wait=20' });
    const fault = { kind: 'status', status: 404 } as const;
    stack.videosdk.inject({ operation: 'file', roomId: 'told-late', fault, times: 4 });
    const { runId } = (await begin()).body;
    const path = '/v1/sessions/videosdk:told-late';
    await stopSession(stack, path);
    expect(await begin()).toMatchObject({ status: 201, body: { status: 'running' } });
    const ofFirst = () => received.filter(({ data }) => data['runId'] === runId);
    await eventually(() =>
      expect(ofFirst().map(({ type }) => type)).toEqual([
        'session.running',
        'session.ended',
        'transcript.ready',
      ]),
    );
    expect(ofFirst().at(-1)?.data).toMatchObject({
      status: 'stopped',
      transcript: { words: expect.any(Number) },
    });
    expect((await deliveriesOf(stack, path)).length).toBeGreaterThanOrEqual(4);
    await stopSession(stack, path);
    const left = `transcript:videosdk:told-late:${String(runId)}`;
    await keepHistory(stack, left, 'callbacks-left');
  });

  test('say nothing of a late transcript to a receiver that has gone meanwhile', async () => {
    const { url, received, taken, up, answer } = receivers.one();
    await up();
    const roomId = 'gone-late';
    const begin = (more: Record<string, unknown>) =>
      stack.api(
        'POST',
        '/v1/sessions',
        { provider: 'videosdk', roomId, ...more },
        { prefer: 'wait=20' },
      );
    const fault = { kind: 'status', status: 404 } as const;
    stack.videosdk.inject({ operation: 'file', roomId, fault, times: 1_000 });
    const { runId } = (await begin({ callbackUrl: url })).body;
    const path = `/v1/sessions/videosdk:${roomId}`;
    await eventually(() => expect(taken()).toEqual(['session.running']));
    answer(500);
    await stopSession(stack, path);
    expect(await begin({})).toMatchObject({ status: 201, body: { status: 'running' } });
    await eventually(() => expect(received.at(-1)?.type).toBe('session.ended'));
    answer(410);
    const id = received.at(-1)?.id ?? '';
    await stack.api('POST', `${path}/deliveries/${id}/replay`);
    const ended = stack.client.workflow.getHandle(deliveryWorkflow(`videosdk:${roomId}`, id));
    await expect(ended.result()).rejects.toThrow('Workflow execution failed');
    stack.videosdk.clearFaults();
    const left = stack.client.workflow.getHandle(`transcript:videosdk:${roomId}:${String(runId)}`);
    expect(await left.result()).toMatchObject({ state: 'ready' });
    const next = stack.client.workflow.getHandle(
      deliveryWorkflow(`videosdk:${roomId}`, id.replace(/_\d+$/, '_3')),
    );
    await expect(next.describe()).rejects.toThrow('not found');
    await stopSession(stack, path);
  });
});
