import { describe, expect, test } from 'vitest';
import { SIMULATED_VONAGE } from '../../simulators/credentials.ts';
import { CONNECT, eventsOf, recordAction, rulesBroken } from './vonage-application.ts';
import { vonageApplication, webhooksTo } from './vonage-application.ts';

const SOON = { interval: 5 };
const UUID = /^[0-9a-f-]{36}$/;
const FROM = '447700900009';

describe('a call', () => {
  test('asks for the NCCO, tells of every leg in order, and of the recording last', async () => {
    const application = await vonageApplication();
    const { simulator, received } = application;
    const call = simulator.placeCall({ from: FROM, durationSeconds: 23 });
    await call.done;

    expect(received.map(({ path }) => path)).toEqual(
      'events events answer events events events events events events recording'
        .split(' ')
        .map((path) => `/${path}`),
    );
    expect(eventsOf(application)).toEqual([
      'inbound started',
      'inbound ringing',
      'inbound answered',
      'outbound started',
      'outbound ringing',
      'outbound answered',
      'outbound completed',
      'inbound completed',
    ]);
    expect(webhooksTo(application, '/answer')[0]).toMatchObject({
      method: 'GET',
      query: {
        from: FROM,
        to: '447700900002',
        uuid: call.uuid,
        conversation_uuid: call.conversationUuid,
        region_url: application.url,
      },
    });
    expect(rulesBroken(application)).toEqual([]);
  });

  test('tells of its end as the documentation shows it', async () => {
    const application = await vonageApplication();
    const call = application.simulator.placeCall({ from: FROM, durationSeconds: 23 });
    await call.done;
    const completed = webhooksTo(application, '/events').at(-1);
    expect(completed?.body).toEqual({
      end_time: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
      uuid: call.uuid,
      network: 'GB-FIXED',
      duration: '23',
      start_time: expect.stringMatching(/Z$/),
      rate: '0.01200000',
      price: '0.00460000',
      from: FROM,
      to: '447700900002',
      conversation_uuid: call.conversationUuid,
      status: 'completed',
      direction: 'inbound',
      timestamp: expect.stringMatching(/Z$/),
    });
  });

  test('tells of its recording as the documentation shows it', async () => {
    const application = await vonageApplication();
    const call = application.simulator.placeCall({ durationSeconds: 23 });
    await call.done;
    const [recording] = webhooksTo(application, '/recording');
    expect(recording?.method).toBe('POST');
    expect(recording?.body).toEqual({
      start_time: expect.stringMatching(/^[\d-]+T[\d:]+Z$/),
      recording_url: expect.stringContaining(`${application.url}/v1/files/`),
      size: expect.any(Number),
      recording_uuid: call.recordingUuid,
      end_time: expect.stringMatching(/^[\d-]+T[\d:]+Z$/),
      conversation_uuid: call.conversationUuid,
      timestamp: expect.stringMatching(/\.\d{3}Z$/),
    });
    expect(recording?.body['recording_url']).not.toContain(call.recordingUuid);
    const { calls } = application.simulator.ledger(call.conversationUuid);
    expect(calls).toMatchObject([
      {
        from: '447700900001',
        ncco: [{ action: 'record' }, { action: 'connect' }],
        recording: { recordingUuid: call.recordingUuid, format: 'mp3', channels: 2 },
        endedAt: expect.stringMatching(/Z$/),
      },
    ]);
  });

  test('signs every webhook, each with a token of its own', async () => {
    const { simulator, received } = await vonageApplication();
    await simulator.placeCall().done;
    for (const { claims } of received) {
      expect(claims).toEqual({
        iat: expect.any(Number),
        jti: expect.stringMatching(UUID),
        iss: 'Vonage',
        payload_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        api_key: SIMULATED_VONAGE.apiKey,
        application_id: SIMULATED_VONAGE.applicationId,
      });
    }
    expect(new Set(received.map(({ token }) => token)).size).toBe(10);
  });

  test('has no recording when the NCCO asks for none', async () => {
    const application = await vonageApplication();
    application.answerWith([CONNECT]);
    await application.simulator.placeCall().done;
    expect(webhooksTo(application, '/recording')).toEqual([]);
    expect(eventsOf(application).at(-1)).toBe('inbound completed');
  });

  test('announces where and how the NCCO says', async () => {
    const application = await vonageApplication();
    const eventUrl = [`${application.ownUrl}/mine?call=1`];
    application.answerWith([recordAction(application.ownUrl, { eventUrl, eventMethod: 'GET' })]);
    const call = application.simulator.placeCall();
    await call.done;
    expect(webhooksTo(application, '/mine')).toMatchObject([
      {
        method: 'GET',
        query: { call: '1', recording_uuid: call.recordingUuid },
        claims: { iss: 'Vonage' },
      },
    ]);
  });

  test('connects those it can, and tells of those it cannot', async () => {
    const application = await vonageApplication();
    await application.simulator.placeCall({ legs: 'busy' }).done;
    expect(eventsOf(application)).toEqual([
      'inbound started',
      'inbound ringing',
      'inbound answered',
      'outbound started',
      'outbound ringing',
      'outbound busy',
      'inbound completed',
    ]);
  });

  test('can be announced before it is completed', async () => {
    const application = await vonageApplication();
    await application.simulator.placeCall({ recordingFirst: true }).done;
    const order = application.received.map(({ path, body }) => body['status'] ?? path);
    expect(order.slice(-3)).toEqual(['/recording', 'completed', 'completed']);
  });

  test('can be announced with what is not true', async () => {
    const application = await vonageApplication();
    const announced = { url: '', size: 0, conversationUuid: 'CON-other' };
    await application.simulator.placeCall({ announced }).done;
    expect(webhooksTo(application, '/recording')[0]?.body).toMatchObject({
      recording_url: '',
      size: 0,
      conversation_uuid: 'CON-other',
    });
  });

  test('can last', async () => {
    const application = await vonageApplication();
    const { conversationUuid } = application.simulator.placeCall({ lastsMs: 600_000 });
    await expect.poll(() => eventsOf(application).at(-1), SOON).toBe('outbound answered');
    expect(application.simulator.ledger(conversationUuid).calls[0]?.endedAt).toBeNull();
  });

  test('is placed over HTTP, with or without a word about it', async () => {
    const application = await vonageApplication();
    const plain = await application.request('POST', '/calls');
    expect(plain).toMatchObject({ status: 202, body: { recordingUuid: expect.any(String) } });
    await expect
      .poll(() => webhooksTo(application, '/recording')[0]?.body['recording_uuid'], SOON)
      .toBe(plain.body['recordingUuid']);
    const wrong = await application.request('POST', '/calls', { from: '+44 7700' });
    expect(wrong).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('E.164') },
    });
    const path = `/ledger?conversation=${String(plain.body['conversationUuid'])}`;
    expect((await application.request('GET', path)).body).toMatchObject({
      calls: [{ from: '447700900001' }],
      violations: [],
    });
  });
});
