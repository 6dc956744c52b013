import { describe, expect, test } from 'vitest';
import { eventsOf, rulesBroken, vonageApplication, webhooksTo } from './vonage-application.ts';
import type { Application } from './vonage-application.ts';

const SOON = { interval: 5 };

describe('delivery', () => {
  test.each([429, 503, 504, 'hang'] as const)(
    'is tried once more after %s, with the same token and body',
    async (reaction) => {
      const recording = { withinMs: reaction === 'hang' ? 1_000 : 10_000 };
      const application = await vonageApplication({ delivery: { recording, retryGapMs: 5 } });
      application.react('/recording', reaction);
      await application.simulator.placeCall().done;
      const [first, second, ...others] = webhooksTo(application, '/recording');
      expect(others).toEqual([]);
      expect(second).toEqual(first);
      expect(attemptsOf(application, 'recording')).toMatchObject([
        { attempt: 1, status: reaction === 'hang' ? null : reaction },
        { attempt: 2, status: 204, durationMs: expect.any(Number) },
      ]);
      expect(rulesBroken(application)).toEqual([]);
    },
  );

  test('is given up after the second attempt', async () => {
    const application = await vonageApplication();
    application.react('/recording', 503, 503);
    await application.simulator.placeCall().done;
    expect(attemptsOf(application, 'recording')).toHaveLength(2);
    expect(application.simulator.ledger().violations).toMatchObject([
      { rule: 'webhook-unreceived', detail: 'recording: answered 503' },
    ]);
  });

  test.each([302, 400, 401, 500])('is not tried again after %s', async (status) => {
    const application = await vonageApplication();
    application.react('/recording', status);
    await application.simulator.placeCall().done;
    expect(attemptsOf(application, 'recording')).toMatchObject([{ status }]);
    expect(rulesBroken(application)).toEqual(['webhook-unreceived']);
  });

  test('is as patient as it is told to be', async () => {
    const delivery = { recording: { attempts: 4 }, retryGapMs: 1, retriedStatuses: [500] };
    const application = await vonageApplication({ delivery });
    application.react('/recording', 500, 500, 500);
    await application.simulator.placeCall().done;
    const statuses = attemptsOf(application, 'recording').map(({ status }) => status);
    expect(statuses).toEqual([500, 500, 500, 204]);
  });

  test('asks the fallback for the NCCO when the answer URL fails', async () => {
    const fallback = await vonageApplication();
    const application = await vonageApplication({
      fallbackAnswerUrl: `${fallback.ownUrl}/answer`,
    });
    application.react('/answer', 503, 503);
    await application.simulator.placeCall().done;
    expect(webhooksTo(application, '/answer')).toHaveLength(2);
    expect(webhooksTo(fallback, '/answer')).toHaveLength(1);
    expect(eventsOf(application)).toContain('outbound answered');
  });

  test('drops the call when nobody gives an NCCO', async () => {
    const application = await vonageApplication();
    application.react('/answer', 500);
    await application.simulator.placeCall().done;
    expect(webhooksTo(application, '/events').map(({ body }) => body)).toMatchObject([
      { status: 'started' },
      { status: 'ringing' },
      { reason: 'The answer URL gave no NCCO.' },
      { status: 'completed' },
    ]);
  });
});

describe('webhooks', () => {
  test('can be lost, and be sent after all', async () => {
    const application = await vonageApplication();
    const { simulator } = application;
    simulator.inject({ operation: 'recording', fault: { kind: 'lost' } });
    const { recordingUuid, done } = simulator.placeCall();
    await done;
    expect(webhooksTo(application, '/recording')).toEqual([]);
    expect(attemptsOf(application, 'recording')).toMatchObject([{ status: null, fault: 'lost' }]);

    await simulator.redeliver(recordingUuid);
    const path = `/recordings/${recordingUuid}/redelivery`;
    expect((await application.request('POST', path)).status).toBe(204);
    const [first, second] = webhooksTo(application, '/recording');
    expect(first?.body['recording_uuid']).toBe(recordingUuid);
    expect(second).toEqual(first);
    expect((await application.request('POST', '/recordings/none/redelivery')).status).toBe(409);
  });

  test.each([
    [false, 1],
    [true, 3],
  ])('can be doubled, signed again: %s', async (resigned, tokens) => {
    const application = await vonageApplication();
    const fault = { kind: 'duplicated', copies: 2, resigned } as const;
    application.simulator.inject({ operation: 'recording', fault });
    await application.simulator.placeCall().done;
    const received = webhooksTo(application, '/recording');
    expect(received).toHaveLength(3);
    expect(new Set(received.map(({ raw }) => raw)).size).toBe(1);
    expect(new Set(received.map(({ token }) => token)).size).toBe(tokens);
  });

  test('can be late, so that others overtake them', async () => {
    const application = await vonageApplication();
    const late = {
      operation: 'event',
      eventStatus: 'answered',
      fault: { kind: 'delayed', ms: 150 },
    };
    expect((await application.request('POST', '/faults', late)).status).toBe(204);
    await application.simulator.placeCall().done;
    expect(eventsOf(application).slice(-2)).toEqual(['inbound completed', 'inbound answered']);
  });

  test.each([
    ['secret', 'signature verification failed'],
    ['algorithm', '"alg" (Algorithm) Header Parameter value not allowed'],
    ['payload', 'payload_hash'],
    ['api-key', 'api_key'],
    ['application-id', 'application_id'],
    ['issuer', 'unexpected "iss" claim value'],
    ['issued-at', '"iat" claim timestamp check failed (too far in the past)'],
  ] as const)('can be forged, with a wrong %s', async (wrong, detected) => {
    const application = await vonageApplication();
    application.react('/recording', 401);
    application.simulator.inject({ operation: 'recording', fault: { kind: 'forged', wrong } });
    await application.simulator.placeCall().done;
    expect(webhooksTo(application, '/recording')).toMatchObject([{ claims: detected }]);
    expect(rulesBroken(application)).toEqual([]);
  });

  test('that are forged must not be accepted', async () => {
    const application = await vonageApplication();
    const fault = { kind: 'forged', wrong: 'secret' } as const;
    application.simulator.inject({ operation: 'recording', fault });
    await application.simulator.placeCall().done;
    expect(application.simulator.ledger().violations).toMatchObject([
      { rule: 'forgery-accepted', detail: 'wrong secret' },
    ]);
  });

  test('can be unsigned, and are signed when they are refused with any 5xx', async () => {
    const application = await vonageApplication();
    application.react('/recording', 500);
    application.simulator.inject({ operation: 'recording', fault: { kind: 'unsigned' } });
    await application.simulator.placeCall().done;
    expect(webhooksTo(application, '/recording')).toMatchObject([
      { claims: 'unsigned' },
      { claims: { iss: 'Vonage' } },
    ]);
    expect(rulesBroken(application)).toEqual([]);
  });

  test('have faults of their own, for callers of their own', async () => {
    const application = await vonageApplication();
    const stray = { operation: 'recording', fault: { kind: 'reset' } };
    expect((await application.request('POST', '/faults', stray)).status).toBe(400);
    const lost = { kind: 'lost' } as const;
    application.simulator.inject({ operation: 'recording', from: '447700900077', fault: lost });
    await application.simulator.placeCall().done;
    expect(webhooksTo(application, '/recording')).toHaveLength(1);
    expect((await application.request('DELETE', '/faults')).status).toBe(204);
    await application.simulator.placeCall({ from: '447700900077' }).done;
    expect(webhooksTo(application, '/recording')).toHaveLength(2);
  });

  test('are not waited for when the simulator closes', async () => {
    const application = await vonageApplication({ delivery: { retryGapMs: 60_000 } });
    application.react('/events', 503);
    const { done } = application.simulator.placeCall();
    await expect.poll(() => application.received, SOON).toHaveLength(1);
    await application.simulator.close();
    await done;
    expect(rulesBroken(application)).toEqual([]);
  });
});

function attemptsOf({ simulator }: Application, kind: string) {
  return simulator.ledger().webhooks.filter((webhook) => webhook.kind === kind);
}
