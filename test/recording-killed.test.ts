import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  AUDIO_BUCKET,
  eventually,
  prepareStack,
  TRANSCRIPTS_BUCKET,
  untilSession,
  type Service,
  type Stack,
} from './support/stack.ts';

let stack: Stack;
let worker: Service;
beforeAll(async () => {
  stack = await prepareStack();
  [worker] = await Promise.all([stack.startWorker(), stack.startApi()]);
});
afterAll(() => stack.stop());

const SLOW_MS = 4_000;
const FROM = '447700920001';

/** Each step of a recording: how it is slowed down, and by what one sees that it is under way. */
const STEPS: Record<string, { slow: () => void; isUnderWay: (recordingUuid: string) => boolean }> =
  {
    'the download': {
      slow: () =>
        stack.vonage.inject({
          operation: 'download',
          from: FROM,
          fault: { kind: 'latency', ms: SLOW_MS },
        }),
      isUnderWay: () => stack.vonage.ledger().downloads.some(({ status }) => status === null),
    },
    'the upload': {
      slow: () =>
        stack.s3.inject({
          operation: 'PutObject',
          keyPrefix: 'recordings/',
          fault: { kind: 'latency', ms: SLOW_MS },
        }),
      isUnderWay: (uuid) => stack.s3.keys(AUDIO_BUCKET, `recordings/vonage:${uuid}`).length > 0,
    },
    'the start of the job': {
      slow: () =>
        stack.transcribe.inject({ operation: 'start', fault: { kind: 'latency', ms: SLOW_MS } }),
      isUnderWay: (uuid) => jobsOf(uuid).length > 0,
    },
    'a look at the job': {
      slow: () =>
        stack.transcribe.inject({ operation: 'get', fault: { kind: 'latency', ms: SLOW_MS } }),
      isUnderWay: (uuid) =>
        stack.transcribe
          .ledger()
          .calls.some(({ operation, jobName }) => operation === 'get' && jobName?.includes(uuid)),
    },
    'the writing of the transcript': {
      slow: () =>
        stack.s3.inject({
          operation: 'PutObject',
          keyPrefix: 'transcripts/',
          fault: { kind: 'latency', ms: SLOW_MS },
        }),
      isUnderWay: (uuid) =>
        stack.s3.keys(TRANSCRIPTS_BUCKET, `transcripts/vonage:${uuid}`).length > 0,
    },
  };

function jobsOf(recordingUuid: string) {
  return stack.transcribe.ledger().jobs.filter(({ name }) => name.includes(recordingUuid));
}

describe('a recorded call whose worker is killed', () => {
  test.for(Object.entries(STEPS))(
    'during %s leaves one object, one job and one transcript',
    async ([, { slow, isUnderWay }]) => {
      slow();
      const call = stack.vonage.placeCall({ from: FROM });
      await call.done;
      await eventually(() => expect(isUnderWay(call.recordingUuid)).toBe(true));
      await worker.end('SIGKILL');
      worker = await stack.startWorker();
      await untilSession(stack, `/v1/sessions/vonage:${call.recordingUuid}`, {
        status: 'completed',
        transcript: { words: expect.any(Number) },
      });
      const keys = (bucket: string, prefix: string) =>
        stack.s3.keys(bucket, `${prefix}/vonage:${call.recordingUuid}`);
      expect(keys(AUDIO_BUCKET, 'recordings')).toHaveLength(1);
      expect(keys(TRANSCRIPTS_BUCKET, 'transcripts')).toHaveLength(1);
      expect(jobsOf(call.recordingUuid)).toHaveLength(1);
      expect(stack.s3.unfinishedUploads(AUDIO_BUCKET)).toEqual([]);
    },
  );
});

test('a recording whose worker is told to stop goes on at another one', async () => {
  const from = '447700920002';
  stack.vonage.inject({ operation: 'download', from, fault: { kind: 'slow', ms: 2_000 } });
  const call = stack.vonage.placeCall({ from, sizeBytes: 700_000 });
  await call.done;
  await eventually(() =>
    expect(stack.vonage.ledger(call.conversationUuid).downloads).toHaveLength(1),
  );
  const other = await stack.startWorker();
  await worker.end('SIGTERM');
  worker = other;
  await untilSession(stack, `/v1/sessions/vonage:${call.recordingUuid}`, {
    status: 'completed',
    failure: null,
  });
});
