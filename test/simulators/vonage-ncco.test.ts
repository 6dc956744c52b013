import { describe, expect, test } from 'vitest';
import { CONNECT, recordAction, rulesBroken } from './vonage-application.ts';
import { vonageApplication, webhooksTo } from './vonage-application.ts';
import type { Action, Json } from './vonage-application.ts';

const URL_OF_ITS_OWN = 'https://application.example/recording';

describe('an NCCO', () => {
  test.each<[string, unknown]>([
    ['is no JSON array', { action: 'record' }],
    ['is empty', []],
    ['has an unknown action', [{ action: 'sing' }]],
    ['has an unknown field', rec({ wrappedSplit: 'conversation' })],
    ['has an eventUrl that is no array', rec({ eventUrl: URL_OF_ITS_OWN })],
    ['has two eventUrls', rec({ eventUrl: [URL_OF_ITS_OWN, URL_OF_ITS_OWN] })],
    ['has a relative eventUrl', rec({ eventUrl: ['/recording'] })],
    ['has an unknown format', rec({ format: 'flac' })],
    ['has another split', rec({ split: 'stereo' })],
    ['has channels without split', rec({ split: undefined })],
    ['has 33 channels', rec({ channels: 33, format: 'wav' })],
    ['has three channels of MP3', rec({ channels: 3 })],
    ['has too little silence', rec({ endOnSilence: 2 })],
    ['has too long a time-out', rec({ timeOut: 7201 })],
    ['has two endOnKeys', rec({ endOnKey: '12' })],
    ['records twice', [...rec({}), ...rec({})]],
    ['talks too long', [{ action: 'talk', text: 'a'.repeat(1501) }]],
    ['says nothing', [{ action: 'talk' }]],
    ['connects to a number with a plus', [to('+447700900003')]],
    ['connects to a number with spaces', [to('44 7700 900003')]],
    ['connects to nobody', [{ action: 'connect', endpoint: [] }]],
    ['connects to two at once', [{ ...CONNECT, endpoint: [phone('4477009'), phone('4477008')] }]],
  ])('that %s ends the call with an error', async (_what, ncco) => {
    const application = await vonageApplication();
    application.answerWith(ncco);
    const call = application.simulator.placeCall();
    await call.done;
    expect(rulesBroken(application)).toEqual(['ncco']);
    const events = webhooksTo(application, '/events').map(({ body }) => body);
    expect(events).toMatchObject([
      { status: 'started' },
      { status: 'ringing' },
      {
        reason: 'Syntax error in NCCO. Invalid value type or action.',
        conversation_uuid: call.conversationUuid,
      },
      { status: 'completed' },
    ]);
    expect(webhooksTo(application, '/recording')).toEqual([]);
  });

  test.each<[string, Json, Json]>([
    ['mono MP3 by default', {}, { format: 'mp3', channels: 1 }],
    ['stereo when split', { split: 'conversation' }, { format: 'mp3', channels: 2 }],
    [
      'WAV for more channels',
      { split: 'conversation', channels: 32 },
      { format: 'wav', channels: 32 },
    ],
  ])('records %s', async (_what, action, recording) => {
    const application = await vonageApplication();
    application.answerWith([{ action: 'record', ...action }]);
    const { conversationUuid, done } = application.simulator.placeCall({ durationSeconds: 1 });
    await done;
    const { calls, violations } = application.simulator.ledger(conversationUuid);
    expect(calls).toMatchObject([{ recording }]);
    expect(violations).toEqual([]);
    const told = webhooksTo(application, '/events').at(-1)?.body;
    expect(told, 'without an eventUrl, the events are told').toHaveProperty('recording_uuid');
  });

  test('that records late or ends early is followed, but noted', async () => {
    const application = await vonageApplication();
    const talk = { action: 'talk', text: '<speak>Hello <break time="1s"/></speak>' };
    application.answerWith([talk, CONNECT, recordAction(application.ownUrl, { timeOut: 10 })]);
    await application.simulator.placeCall({ durationSeconds: 60 }).done;
    expect(rulesBroken(application)).toEqual(['record-late', 'record-ends-early']);
    const { start_time: start, end_time: end } =
      webhooksTo(application, '/recording')[0]?.body ?? {};
    expect(Date.parse(String(end)) - Date.parse(String(start))).toBe(10_000);
  });
});

function rec(changes: Json): Action[] {
  return [recordAction('https://application.example', changes)];
}

function phone(number: string): Json {
  return { type: 'phone', number };
}

function to(number: string): Json {
  return { ...CONNECT, endpoint: [phone(number)] };
}
