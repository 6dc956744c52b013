import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepHistory } from './support/histories.ts';
import {
  eventually,
  startStack,
  stopSession,
  untilSession,
  type Answer,
  type Stack,
} from './support/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

const pathOf = (room: string) => `/v1/sessions/videosdk:${room}`;

async function start(roomId: string, more: Record<string, unknown> = {}): Promise<Answer> {
  const body = { provider: 'videosdk', roomId, ...more };
  return stack.api('POST', '/v1/sessions', body, { prefer: 'wait=20' });
}

function running(room: string): string[] {
  const { tasks } = stack.videosdk.ledger(room);
  return tasks.filter(({ endedAt }) => endedAt === null).map(({ id }) => id);
}

function calls(room: string, operation: string): number {
  return stack.videosdk.ledger(room).calls.filter((call) => call.operation === operation).length;
}

describe.concurrent('a session of VideoSDK', () => {
  test('starts, runs and stops', async () => {
    const room = 'vs-story';
    const options = { language: 'en-US', summary: { enabled: true, prompt: 'In one line' } };
    const { status, body } = await start(room, { ...options, metadata: { team: 'support' } });
    const [task] = stack.videosdk.ledger(room).tasks;
    expect({ status, body }).toMatchObject({
      status: 201,
      body: {
        id: `videosdk:${room}`,
        provider: 'videosdk',
        status: 'running',
        channel: room,
        desired: { languages: ['en-US'] },
        task: { id: task?.id },
      },
    });
    const [call] = stack.videosdk.ledger(room).calls;
    expect(call?.body).toMatchObject({ roomId: room, ...options });
    expect(await start(room, options)).toMatchObject({ status: 200 });
    expect(await stopSession(stack, pathOf(room))).toMatchObject({
      status: 'stopped',
      endReason: 'requested',
    });
    expect(running(room)).toEqual([]);
    expect(stack.videosdk.ledger(room).violations).toEqual([]);
    await untilSession(stack, pathOf(room), { transcript: { words: expect.any(Number) } });
    await keepHistory(stack, `videosdk:${room}`, 'videosdk');
  });

  test('cannot change, and says why', async () => {
    const room = 'vs-unchangeable';
    await start(room);
    for (const change of [{ languages: ['fr-FR'] }, { language: 'fr-FR' }]) {
      const { status, body } = await stack.api('PATCH', pathOf(room), change);
      expect(status).toBe(501);
      expect(body).toMatchObject({ detail: expect.stringContaining('VideoSDK has no way') });
    }
    const handle = stack.client.workflow.getHandle(`videosdk:${room}`);
    await handle.signal('requestChange', { languages: ['fr-FR'] });
    await untilSession(stack, pathOf(room), {
      revision: 0,
      lastRefusal: { message: expect.stringContaining('VideoSDK has no way') },
    });
    await stopSession(stack, pathOf(room));
  });

  test('is told apart from one that was asked for otherwise', async () => {
    const room = 'vs-different';
    await start(room, { language: 'en-US' });
    const { status, body } = await start(room, { language: 'fr-FR' });
    expect(status).toBe(409);
    expect(body).toMatchObject({ errors: [{ path: 'language' }] });
    await stopSession(stack, pathOf(room));
  });

  test('fails in the words of the vendor when the room has nobody in it', async () => {
    const room = 'vs-empty';
    const fault = { kind: 'status', status: 404, message: 'No active session' } as const;
    stack.videosdk.inject({ operation: 'start', roomId: room, fault });
    const { status, body } = await start(room);
    expect(status).toBe(422);
    expect(body).toMatchObject({ detail: 'No active session' });
    await keepHistory(stack, `videosdk:${room}`, 'videosdk-start-refused');
  });

  test('adopts the transcription of a start whose answer was lost', async () => {
    const room = 'vs-lost-start';
    stack.videosdk.inject({ operation: 'start', roomId: room, fault: { kind: 'lost-response' } });
    const { body } = await start(room);
    expect(body).toMatchObject({ status: 'running', task: { id: running(room)[0] } });
    expect(calls(room, 'start')).toBe(1);
    await stopSession(stack, pathOf(room));
    expect(running(room)).toEqual([]);
    await keepHistory(stack, `videosdk:${room}`, 'videosdk-start-lost');
  });

  test('is not taken for a namesake at another vendor, or for one that is over', async () => {
    const room = 'vs-namesake';
    // Its start is never answered, so that nobody knows its task.
    const unanswered = { operation: 'join', channel: room, times: 99 } as const;
    stack.simulator.inject({ ...unanswered, fault: { kind: 'status', status: 503 } });
    await stack.api('POST', '/v1/sessions', {
      provider: 'agora',
      channel: room,
      languages: ['en-US'],
    });
    const file = {
      operation: 'file',
      roomId: room,
      fault: { kind: 'status', status: 404 },
    } as const;
    stack.videosdk.inject({ ...file, times: 5 });
    await start(room, { id: 'vs-namesake-first' });
    await stopSession(stack, '/v1/sessions/vs-namesake-first');
    stack.videosdk.inject({ operation: 'start', roomId: room, fault: { kind: 'lost-response' } });
    const second = await start(room, { id: 'vs-namesake-second' });
    expect(second.body).toMatchObject({ status: 'running', task: { id: running(room)[0] } });
    await stopSession(stack, '/v1/sessions/vs-namesake-second');
    await stopSession(stack, `/v1/sessions/agora:${room}`);
    expect(running(room)).toEqual([]);
  });

  test('cannot have an id that is ours', async () => {
    for (const id of ['erase:videosdk:x', 'transcript:a:b']) {
      expect((await start('vs-ours', { id })).status).toBe(400);
    }
  });

  test('starts again after a start that had no effect', async () => {
    const room = 'vs-start-reset';
    stack.videosdk.inject({ operation: 'start', roomId: room, fault: { kind: 'reset' } });
    expect((await start(room)).body).toMatchObject({ status: 'running' });
    expect(stack.videosdk.ledger(room).tasks).toHaveLength(1);
    await stopSession(stack, pathOf(room));
  });

  test('that was stopped late leaves the next one of its room alone', async () => {
    const room = 'vs-reused';
    const first = await start(room, { id: 'first-of-the-room' });
    expect(first.status).toBe(201);
    stack.videosdk.endTask(running(room)[0] ?? '', 'stopped');
    const second = await start(room, { id: 'second-of-the-room' });
    expect(second.body).toMatchObject({ status: 'running' });
    await stopSession(stack, '/v1/sessions/first-of-the-room');
    const task: unknown = second.body['task'];
    expect(running(room)).toEqual([expect.any(String)]);
    expect(task).toMatchObject({ id: running(room)[0] });
    const after = await stack.api('GET', '/v1/sessions/second-of-the-room');
    expect(after.body).toMatchObject({ status: 'running', task });
    await stopSession(stack, '/v1/sessions/second-of-the-room');
    expect(running(room)).toEqual([]);
    expect(calls(room, 'end')).toBe(1);
  });

  test('ends by itself when its room does, also when no webhook tells', async () => {
    const room = 'vs-ended';
    await start(room);
    stack.videosdk.inject({
      operation: 'webhook',
      roomId: room,
      fault: { kind: 'lost' },
      times: 9,
    });
    stack.videosdk.closeSession(room);
    await untilSession(stack, pathOf(room), { status: 'stopped', endReason: 'vendor' });
    await keepHistory(stack, `videosdk:${room}`, 'videosdk-end');
    expect(calls(room, 'end')).toBe(0);
  });

  test('starts anew when the vendor has failed it', async () => {
    const room = 'vs-failed';
    await start(room);
    stack.videosdk.failTask(running(room)[0] ?? '');
    await untilSession(stack, pathOf(room), { generation: 2, status: 'running' });
    await eventually(() => expect(running(room)).toHaveLength(1));
    await stopSession(stack, pathOf(room));
    await keepHistory(stack, `videosdk:${room}`, 'videosdk-restart');
    expect(running(room)).toEqual([]);
  });
});
