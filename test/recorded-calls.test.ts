import { readFile } from 'node:fs/promises';
import { parseText } from 'media-captions';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepHistory } from './support/histories.ts';
import {
  AUDIO_BUCKET,
  eventually,
  startStack,
  TRANSCRIPTS_BUCKET,
  untilSession,
  type Stack,
} from './support/stack.ts';

const GRACE_SECONDS = 3;

let stack: Stack;
let ofThree: Stack;
beforeAll(async () => {
  [stack, ofThree] = await Promise.all([
    startStack({
      environment: { DURASCRIBE_RECORDING_GRACE_SECONDS: String(GRACE_SECONDS) },
    }),
    startStack({ environment: { OTHER_PHONE_NUMBERS: '447700900003,447700900004' } }),
  ]);
});
afterAll(() => Promise.all([stack.stop(), ofThree.stop()]));

const pathOf = (recordingUuid: string) => `/v1/sessions/vonage:${recordingUuid}`;
const COMPLETED = { status: 'completed', transcript: { words: expect.any(Number) } };

function keysOf({ s3 }: Stack, bucket: string, part: string): string[] {
  return s3.keys(bucket).filter((key) => key.includes(part));
}

/** What Vonage tells of a leg of a call, as the call's workflow has it. */
function legEvent(leg: string, isCaller: boolean, status: string, at: number) {
  return {
    leg,
    isCaller,
    status,
    at: String(at),
    durationSeconds: status === 'completed' ? 60 : null,
  };
}

/** The calls of one test are told apart by who called. */
let callers = 0;
function caller(): string {
  callers += 1;
  return String(447700910000 + callers);
}

/** Whether these are the samples of one of the three channels of `whole`. */
function sameAs(samples: Buffer | undefined, whole: Buffer, channel: number): boolean {
  if (samples === undefined) return false;
  const begin = whole.indexOf('data') + 8;
  return Array.from({ length: samples.length / 2 }).every(
    (_, index) =>
      samples.readInt16LE(index * 2) === whole.readInt16LE(begin + (index * 3 + channel) * 2),
  );
}

describe.concurrent('a recorded call', () => {
  test('becomes a transcript, from the answer to the subtitles', async () => {
    const call = stack.vonage.placeCall({ from: caller() });
    await call.done;
    const path = pathOf(call.recordingUuid);
    const session = await untilSession(stack, path, COMPLETED);
    expect(session).toMatchObject({
      provider: 'amazon-transcribe',
      channels: 2,
      endReason: null,
      failure: null,
      transcript: { channels: 2, languageCode: 'en-GB' },
    });
    expect(keysOf(stack, AUDIO_BUCKET, call.recordingUuid)).toEqual([
      `recordings/vonage:${call.recordingUuid}/audio.mp3`,
    ]);
    const { violations } = stack.vonage.ledger(call.conversationUuid);
    expect(violations).toEqual([]);
    const { body } = await stack.api('GET', `${path}/transcript`);
    expect(body).toMatchObject({
      segments: expect.arrayContaining([expect.objectContaining({ channel: 'ch_1' })]),
    });
    for (const type of ['srt', 'vtt'] as const) {
      const answer = await fetch(`${stack.url}${path}/transcript?format=${type}`);
      const { cues, errors } = await parseText(await answer.text(), {
        type,
        strict: true,
        errors: true,
      });
      expect(errors).toEqual([]);
      expect(cues.length).toBeGreaterThan(1);
    }
    await keepHistory(stack, `vonage:${call.recordingUuid}`, 'recorded-call');
    await keepHistory(stack, `vonage-call:${call.conversationUuid}`, 'call-with-recording');
  });

  test('is one session however often its webhook comes', async () => {
    const call = stack.vonage.placeCall({ from: caller() });
    await call.done;
    for (let time = 1; time <= 5; time += 1) await stack.vonage.redeliver(call.recordingUuid);
    await untilSession(stack, pathOf(call.recordingUuid), COMPLETED);
    await stack.vonage.redeliver(call.recordingUuid);
    const jobs = stack.transcribe
      .ledger()
      .jobs.filter(({ name }) => name.includes(call.recordingUuid));
    expect(jobs).toHaveLength(1);
  });

  test('waits one gap at most when the event of its job is lost', async () => {
    const from = caller();
    stack.transcribe.inject({ operation: 'event', fault: { kind: 'lost' } });
    const call = stack.vonage.placeCall({ from });
    await call.done;
    await untilSession(stack, pathOf(call.recordingUuid), COMPLETED);
  });

  test('without a recording fails, and says so', async () => {
    const call = stack.vonage.placeCall({ from: caller(), announced: { url: '', size: 0 } });
    await call.done;
    await untilSession(stack, pathOf(call.recordingUuid), {
      status: 'failed',
      failure: { kind: 'rejected', message: expect.stringContaining('no recording') },
    });
    await keepHistory(stack, `vonage:${call.recordingUuid}`, 'call-without-recording');
  });

  test('whose recording is never told of is a failed session after its time', async () => {
    const from = caller();
    stack.vonage.inject({ operation: 'recording', from, fault: { kind: 'lost' }, times: 9 });
    const call = stack.vonage.placeCall({ from });
    await call.done;
    const path = `/v1/sessions/vonage-call:${call.conversationUuid}`;
    await untilSession(stack, path, {
      status: 'failed',
      failure: { message: expect.stringContaining('recording missing') },
    });
    await eventually(async () => {
      const { body } = await stack.api('GET', `/v1/sessions?channel=${call.conversationUuid}`);
      expect(body).toMatchObject({ sessions: [{ id: `vonage-call:${call.conversationUuid}` }] });
    });
    await stack.vonage.redeliver(call.recordingUuid);
    await untilSession(stack, pathOf(call.recordingUuid), COMPLETED);
    await untilSession(stack, path, { status: 'stopped', failure: null });
    await keepHistory(stack, `vonage-call:${call.conversationUuid}`, 'recording-missing');
  });

  test('is not missing its recording while whoever called still speaks', async () => {
    const conversation = 'CON-still-speaking';
    const source = {
      kind: 'vonage',
      recordingUuid: '',
      conversationUuid: conversation,
      url: '',
      bytes: 0,
    } as const;
    const request = {
      provider: 'amazon-transcribe',
      source,
      channels: 2,
      options: {},
      maxDurationSeconds: 60,
      metadata: {},
    } as const;
    const handle = await stack.client.workflow.signalWithStart('vonageCall', {
      workflowId: `vonage-call:${conversation}`,
      taskQueue: stack.taskQueue,
      args: [{ request, graceSeconds: 1 }],
      signal: 'callEvent',
      signalArgs: [legEvent('a', false, 'completed', 0)],
    });
    // More than are remembered, and longer than the time after a call.
    for (let number = 1; number <= 110; number += 1) {
      await handle.signal('callEvent', legEvent('b', false, 'ringing', number));
    }
    const path = `/v1/sessions/vonage-call:${conversation}`;
    expect((await stack.api('GET', path)).status).toBe(404);
    await handle.signal('callEvent', legEvent('c', true, 'completed', 999));
    await untilSession(stack, path, { status: 'failed' });
    await handle.terminate();
  });

  test('of three is parted into its channels, and is one transcript', async () => {
    // Three voices, each on a channel of its own, spoken by espeak-ng.
    const audio = await readFile(new URL('media/three-voices.wav', import.meta.url));
    const call = ofThree.vonage.placeCall({ from: caller(), audio });
    await call.done;
    const path = pathOf(call.recordingUuid);
    const session = await untilSession(ofThree, path, COMPLETED);
    expect(session).toMatchObject({ channels: 3, transcript: { channels: 3 } });
    const files = ['ch_0.wav', 'ch_1.wav', 'ch_2.wav'];
    expect(keysOf(ofThree, AUDIO_BUCKET, call.recordingUuid)).toEqual(
      files.map((file) => `recordings/vonage:${call.recordingUuid}/${file}`),
    );
    const recordings = await Promise.all(
      files.map((file) =>
        ofThree.s3.get(AUDIO_BUCKET, `recordings/vonage:${call.recordingUuid}/${file}`),
      ),
    );
    const samples = recordings.map((file) => file?.body.subarray(44));
    expect(samples.map((channel, index) => sameAs(channel, audio, index))).toEqual([
      true,
      true,
      true,
    ]);
    await keepHistory(ofThree, `vonage:${call.recordingUuid}`, 'call-of-three-told');
  });

  test('is refused where nobody has signed it, or somebody else', async () => {
    const from = caller();
    for (const wrong of [
      'secret',
      'payload',
      'application-id',
      'issued-at',
      'algorithm',
    ] as const) {
      stack.vonage.inject({
        operation: 'recording',
        from,
        fault: { kind: 'forged', wrong },
        times: 9,
      });
      const call = stack.vonage.placeCall({ from });
      await call.done;
      stack.vonage.clearFaults();
      expect((await stack.api('GET', pathOf(call.recordingUuid))).status).toBe(404);
    }
    for (const [method, path] of [
      ['GET', '/webhooks/answer?conversation_uuid=CON-1'],
      ['POST', '/webhooks/events'],
      ['POST', '/webhooks/recording'],
      ['POST', '/webhooks/transcription'],
    ] as const) {
      const body = method === 'POST' ? {} : undefined;
      expect((await stack.api(method, path, body)).status).toBe(401);
    }
  });

  test(
    'is erased with its audio, its job, the files of the vendor and the story of the call',
    { timeout: 180_000 },
    async () => {
      const call = stack.vonage.placeCall({ from: caller() });
      await call.done;
      const path = pathOf(call.recordingUuid);
      await untilSession(stack, path, COMPLETED);
      expect(keysOf(stack, TRANSCRIPTS_BUCKET, call.recordingUuid).length).toBeGreaterThan(1);
      const prefer = 'return=representation';
      const { status, body } = await stack.api('DELETE', path, undefined, { prefer });
      expect({ status, body }).toMatchObject({
        status: 200,
        // The session's run and the call's.
        body: { removed: { jobs: 1, workflows: 2 }, kept: [{ what: 'vendor-recording' }] },
      });
      for (const bucket of [TRANSCRIPTS_BUCKET, AUDIO_BUCKET]) {
        expect(keysOf(stack, bucket, call.recordingUuid)).toEqual([]);
      }
      await eventually(() => {
        const { calls } = stack.transcribe.ledger();
        expect(calls).toEqual(
          expect.arrayContaining([expect.objectContaining({ operation: 'delete' })]),
        );
      });
      const story = stack.client.workflow.getHandle(`vonage-call:${call.conversationUuid}`);
      await eventually(() => expect(story.describe()).rejects.toThrow('not found'), 90_000);
    },
  );
});
