import type { IncomingMessage } from 'node:http';
import { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CAUSES_HEADER, type Causes } from '../src/domain/causes.ts';
import { audio } from './support/audio.ts';
import { CALLER, drawn, newTrace, startCollector, traceOf, vendorOf } from './support/collector.ts';
import type { CollectedSpan, Collector } from './support/collector.ts';
import { keepHistory } from './support/histories.ts';
import { SECRETS, secretsIn } from './support/secrets.ts';
import { linesOf } from './support/service.ts';
import {
  AUDIO_BUCKET,
  eventually,
  startSession,
  startStack,
  stopSession,
  untilSession,
  type Answer,
  type Stack,
} from './support/stack.ts';

function start({ api }: Stack, channel: string, headers = {}): Promise<Answer> {
  return api('POST', '/v1/sessions', { provider: 'agora', channel, languages: ['en-US'] }, headers);
}

describe('with a collector', () => {
  let collector: Collector;
  let stack: Stack;
  const toVendors: IncomingMessage[] = [];
  beforeAll(async () => {
    collector = await startCollector();
    stack = await startStack({
      environment: { ...collector.environment, DURASCRIBE_WATCH_SECONDS: '3600' },
    });
    const { simulator, videosdk, s3, transcribe, vonage } = stack;
    for (const { app } of [simulator, videosdk, s3, transcribe, vonage]) {
      app.server.on('request', (request: IncomingMessage) => toVendors.push(request));
    }
  });
  afterAll(() => Promise.all([stack.stop(), collector.close()]));

  const untilTrace = (id: string, expected: readonly string[]) => traceOf(collector, id, expected);

  test('a start, a change and a stop are a trace each, from the caller to the vendor', async () => {
    const [starting, changing, stopping] = [newTrace(), newTrace(), newTrace()];
    const [path, vendor] = ['/v1/sessions/agora:traced', vendorOf(stack)];
    expect((await start(stack, 'traced', starting.headers)).status).toBe(201);
    const change = { languages: ['fr-FR'] };
    expect((await stack.api('PATCH', path, change, changing.headers)).status).toBe(200);
    await stack.api('POST', `${path}/stop`, undefined, stopping.headers);

    const started = await untilTrace(starting.id, [
      'POST /v1/sessions',
      '  StartWorkflow:liveSession',
      '    liveSession start',
      '      RunActivity:startTask',
      `        POST ${vendor}`,
      '    RunActivity:watchTask',
      `      GET ${vendor}`,
    ]);
    expect(started['POST /v1/sessions']).toMatchObject({
      parentSpanId: CALLER,
      service: 'durascribe-api',
      attributes: { 'http.response.status_code': 201, 'durascribe.session.id': 'agora:traced' },
    });
    expect(started['RunActivity:startTask']).toMatchObject({
      service: 'durascribe-worker',
      attributes: {
        'durascribe.session.id': 'agora:traced',
        'durascribe.provider': 'agora',
        'durascribe.operation': 'startTask',
        'durascribe.generation': 1,
      },
    });
    const changed = await untilTrace(changing.id, [
      'PATCH /v1/sessions/:id',
      '  UpdateWorkflow:changeConfiguration',
      '    liveSession changeConfiguration',
      '      RunActivity:updateTask',
      `        POST ${vendor}`,
    ]);
    const held = changed['liveSession changeConfiguration'];
    // The vendor takes an update 5 s after the start at the earliest: who waits sees where.
    expect(held && held.endTimeUnixNano - held.startTimeUnixNano).toBeGreaterThan(3_000_000_000n);
    expect(changed['RunActivity:updateTask']).toMatchObject({
      attributes: { 'durascribe.revision': 1, 'durascribe.sequence_id': 1 },
    });
    expect(changed[`POST ${vendor}`]).toMatchObject({
      attributes: {
        'http.response.status_code': 200,
        'url.path': expect.stringMatching(/^\/api\/speech-to-text\/v1\/.+\/update$/),
      },
    });
    await untilTrace(stopping.id, [
      'POST /v1/sessions/:id/stop',
      '  SignalWorkflow:requestStop',
      '    liveSession requestStop',
      '      RunActivity:stopTask',
      `        POST ${vendor}`,
    ]);
    await keepHistory(stack, 'agora:traced', 'traced');
  });

  test('a run that carries a session on knows why', { timeout: 120_000 }, async () => {
    const { id, headers } = newTrace();
    const { body: first } = await start(stack, 'carried on', headers);
    const handle = stack.client.workflow.getHandle('agora:carried on');
    const newest = async () => (await handle.describe()).runId;
    while ((await newest()) === first['runId']) {
      for (let sent = 0; sent < 20; sent += 1) {
        await handle.signal('requestChange', { languages: ['en-US'] });
      }
    }
    const runId = await newest();
    const isCausedByIt = ({ traceId, links }: CollectedSpan) =>
      [traceId, ...links.map((link) => link.traceId)].includes(id);
    await eventually(() => {
      const ofRun = collector.spans.filter(
        ({ attributes }) => attributes['temporalRunID'] === runId,
      );
      expect(ofRun.filter(isCausedByIt)).toMatchObject([{ name: 'RunActivity:watchTask' }]);
    });
    await stopSession(stack, '/v1/sessions/agora:carried%20on');
  });

  test('changes that become one call are a trace each, linked to one another', async () => {
    const path = await startSession(stack, 'merged');
    const [first, second] = [newTrace(), newTrace()];
    const one = stack.api('PATCH', path, { languages: ['fr-FR'] }, first.headers);
    await untilSession(stack, path, { revision: 1 });
    const other = stack.api('PATCH', path, { subscribeAudioUids: ['7'] }, second.headers);
    expect([(await one).status, (await other).status]).toEqual([200, 200]);
    const { 'RunActivity:updateTask': call } = await untilTrace(first.id, [
      'PATCH /v1/sessions/:id',
      '  UpdateWorkflow:changeConfiguration',
      '    liveSession changeConfiguration',
      '      RunActivity:updateTask',
      `        POST ${vendorOf(stack)}`,
    ]);
    const merged = await untilTrace(second.id, [
      'PATCH /v1/sessions/:id',
      '  UpdateWorkflow:changeConfiguration',
      '    liveSession changeConfiguration',
    ]);
    expect(merged['liveSession changeConfiguration']).toMatchObject({
      links: [{ traceId: first.id, spanId: call?.spanId }],
    });
    expect(call).toMatchObject({
      links: [{ traceId: second.id, spanId: merged['UpdateWorkflow:changeConfiguration']?.spanId }],
    });
    await stopSession(stack, path);
  });

  test('what the vendor refuses is told by the spans and by the log, in one trace', async () => {
    const { id, headers } = newTrace();
    const path = await startSession(stack, 'refused');
    const fault = { kind: 'status', status: 400, message: 'not these languages' } as const;
    stack.simulator.inject({ operation: 'update', channel: 'refused', fault });
    await stack.api('PATCH', path, { languages: ['de-DE'] }, headers);
    await eventually(() =>
      expect(
        collector.spans.filter((span) => span.traceId === id && span.status.code === 2),
      ).toMatchObject([
        { name: `POST ${vendorOf(stack)}`, attributes: { 'error.type': '400' } },
        { name: 'RunActivity:updateTask', status: { message: 'not these languages' } },
      ]),
    );
    const call = collector.spans.find(
      ({ traceId, name }) => traceId === id && name === 'RunActivity:updateTask',
    );
    await eventually(() => {
      const written = stack.services.flatMap(linesOf);
      expect(written.filter((line) => line['trace_id'] === id)).toMatchObject([
        { msg: 'activity failed', words: 'not these languages', span_id: call?.spanId },
        { msg: 'request', method: 'PATCH', status: 422 },
      ]);
    });
    await stopSession(stack, path);
  });

  test('a recording is a trace as far as Amazon Transcribe, and its event another', async () => {
    const { id, headers } = newTrace();
    await stack.s3.put(AUDIO_BUCKET, 'given/traced.mp3', audio(2), 'audio/mpeg');
    const media = `s3://${AUDIO_BUCKET}/given/traced.mp3`;
    const request = { provider: 'amazon-transcribe', languageCode: 'en-GB', media };
    const { body } = await stack.api('POST', '/v1/sessions', request, headers);
    const path = `/v1/sessions/${String(body['id'])}`;
    await untilSession(stack, path, { status: 'completed' });
    await eventually(() => {
      const tree = drawn(collector.spans, id).join('\n');
      expect(tree).toContain(
        'recordingSession start\n      RunActivity:startJob\n        Transcribe.',
      );
    });
    const isEvent = ({ name, attributes }: CollectedSpan) =>
      name === 'POST /webhooks/transcription' && attributes['durascribe.session.id'] === body['id'];
    await eventually(() => {
      const trees = collector.spans
        .filter(isEvent)
        .map(({ traceId }) => drawn(collector.spans, traceId).join('\n'));
      expect(trees.join('\n')).toMatch(
        /SignalWorkflow:vendorEvent\n +recordingSession vendorEvent/,
      );
    });
  });

  test('what is done long after the message that caused it is a trace of its own, linked to that one', async () => {
    const { id } = newTrace();
    await stopSession(stack, await startSession(stack, 'late'));
    const {
      memo,
      searchAttributes: _,
      ...described
    } = await stack.client.workflow.getHandle('agora:late').describe();
    const atMs = Date.now() - 3_600_000;
    const cause = { traceparent: `00-${id}-${CALLER}-01`, message: 'liveSession', atMs };
    const causes: Causes = { cause, carriedOut: [cause] };
    const header = { [CAUSES_HEADER]: defaultPayloadConverter.toPayload(causes) };
    const carriedOn = new Client({
      connection: stack.client.connection,
      interceptors: {
        workflow: [{ startWithDetails: (input, next) => next({ ...input, headers: header }) }],
      },
    });
    await carriedOn.workflow.start(described.type, {
      workflowId: 'agora:late',
      taskQueue: stack.taskQueue,
      args: [memo?.['request']],
      ...(memo === undefined ? {} : { memo }),
    });
    const link = { traceId: id, spanId: CALLER };
    await eventually(() => {
      const linked = collector.spans.filter(({ links }) =>
        links.some(({ traceId }) => traceId === id),
      );
      expect(linked).toMatchObject([
        { name: 'RunActivity:startTask', links: [link] },
        { name: 'RunActivity:watchTask', links: [link] },
      ]);
      for (const { traceId } of linked) expect(drawn(collector.spans, traceId)).toHaveLength(2);
    });
    expect(drawn(collector.spans, id)).toEqual([]);
    await stopSession(stack, '/v1/sessions/agora:late');
  });

  test('no span has a secret or the query of a URL, and no vendor is told of a trace', () => {
    const exported = collector.bodies.join('\n');
    expect(secretsIn(Buffer.from(exported), SECRETS, 1)).toEqual([]);
    expect(exported).not.toMatch(/"url\.(?:full|query)"|\?[\w-]+=/);
    expect(toVendors.length).toBeGreaterThan(10);
    const told = toVendors.flatMap(({ headers }) => Object.keys(headers));
    expect(told.filter((name) => /^trace|^baggage|^b3/.test(name))).toEqual([]);
  });
});
