import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SIMULATED_VIDEOSDK } from '../../simulators/credentials.ts';
import type { Collection, Task, TaskStart } from '../../src/domain/task.ts';
import { agora } from '../../src/providers/agora/provider.ts';
import { agoraLegacy } from '../../src/providers/agora-legacy/provider.ts';
import { amazonTranscribe } from '../../src/providers/amazon-transcribe/provider.ts';
import { downloadText } from '../../src/providers/download.ts';
import { ProviderError } from '../../src/providers/errors.ts';
import { send } from '../../src/providers/http.ts';
import type { LiveProvider } from '../../src/providers/port.ts';
import { fetchPublicKey } from '../../src/providers/videosdk/public-key.ts';
import { videosdk } from '../../src/providers/videosdk/provider.ts';
import { listen } from '../support/listen.ts';
import { bodies } from '../support/fuzzing.ts';
import { settingsAt as agoraSettings } from './agora-settings.ts';
import { CALL, settingsAt as transcribeSettings } from './amazon-transcribe-scene.ts';
import { NOBODY } from './vendor.ts';

/** More than an activity's result may have of anything, which is 2 MiB. */
const KEPT_BYTES = 10_000;
const AT = '2026-11-21T08:00:00.000Z';
const START: TaskStart = {
  sessionId: 'x:room',
  firstRunId: '0191-first',
  generation: 1,
  channel: 'room',
  configuration: { languages: ['en-US'], subscribeAudioUids: ['1'] },
  options: { summary: { enabled: true } },
  maxIdleSeconds: 300,
  maxDurationSeconds: 3_600,
  key: 'token',
  otherTasks: [],
  unansweredSince: AT,
  triedUntil: AT,
};
const TASK: Task = { id: 'a', startedAt: AT, endsAt: null, rotateAt: null, key: 'token' };
const COLLECTION: Collection = {
  sessionId: 'x:room',
  firstRunId: '0191-first',
  provider: 'videosdk',
  channel: 'room',
  options: START.options,
  tasks: [{ id: 'a', startedAt: AT, endedAt: AT }],
  endedAt: AT,
};
const UPDATE = {
  configuration: START.configuration,
  fields: ['languages'],
  sequenceId: 1,
  revision: 1,
} as const;

type Answer = {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
};

/** One answer for whatever is asked for. */
let answer: Answer = { status: 200, headers: {}, body: Buffer.alloc(0) };
const server = createServer((request: IncomingMessage, response: ServerResponse) => {
  request.resume();
  response.writeHead(answer.status, answer.headers).end(answer.body);
});
let url = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function answers(sample: unknown): fc.Arbitrary<Answer> {
  return fc.record({
    status: fc.constantFrom(200, 200, 200, 201, 206, 302, 400, 404, 409, 429, 500),
    headers: fc.constantFrom<Record<string, string>>(
      {},
      { 'content-type': 'application/json; charset=utf-16le' },
      { 'content-type': 'text/html; charset=none' },
      { 'retry-after': '9'.repeat(30) },
      { 'content-encoding': 'gzip' },
      { location: 'http://[' },
    ),
    body: bodies(sample),
  });
}

/** Either a result that can be kept, or the one error of vendors. */
async function expectTyped(work: () => Promise<unknown>): Promise<void> {
  try {
    const kept = JSON.stringify(await work()) ?? '';
    expect(kept.length).toBeLessThan(KEPT_BYTES);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    expect(error.message.length).toBeLessThan(KEPT_BYTES);
    expect(error.facts.retryAfterMs ?? 0).toBeLessThanOrEqual(3_600_000);
  }
}

const TRANSCRIPTION = {
  id: 'a',
  status: 'completed',
  extension: { extensionConfig: { roomId: 'room', sessionId: 's' } },
  start: AT,
  end: AT,
  transcriptionFilePaths: { vtt: '/file', txt: '/file' },
  summarizedFilePaths: { txt: '/file' },
};
const AGENT = { agent_id: 'a', create_ts: 1_763_712_000, status: 'RUNNING', message: 'm' };

type Case = {
  readonly create: (baseUrl: string) => LiveProvider;
  readonly samples: readonly unknown[];
};
const CASES: Readonly<Record<string, Case>> = {
  agora: {
    create: (baseUrl) => agora({ ...agoraSettings(baseUrl), captionStorage: null }),
    samples: [
      AGENT,
      {
        data: { list: [{ agent_id: 'a', start_ts: 1_763_712_000, status: 'RUNNING', name: 'n' }] },
        meta: { cursor: '' },
      },
    ],
  },
  'agora-legacy': {
    create: (baseUrl) =>
      agoraLegacy({ ...agoraSettings(baseUrl), captionStorage: null, bodyShape: 'v6' }),
    samples: [{ taskId: 'a', createTs: 1_763_712_000, status: 'STARTED', tokenName: 't', code: 1 }],
  },
  videosdk: {
    create: (baseUrl) => videosdk({ ...SIMULATED_VIDEOSDK, baseUrl, webhookUrl: null }),
    samples: [
      TRANSCRIPTION,
      { pageInfo: { currentPage: 1, lastPage: 1 }, transcriptions: [TRANSCRIPTION] },
    ],
  },
};

describe('whatever a vendor answers is a result, or an error that says what to do', () => {
  test.for(Object.entries(CASES))('%s', async ([, { create, samples }]) => {
    const provider = create(url);
    const calls = [
      () => provider.prepare(START),
      () => provider.start({ ...START, unansweredSince: null }),
      () => provider.find(START, NOBODY),
      () => provider.look(TASK, 'room'),
      async () => provider.update?.(TASK, UPDATE),
      () => provider.stop(TASK, 'room'),
      // What it collects is stored, however much it is.
      async () => void (await provider.collect(COLLECTION)),
    ];
    await fc.assert(
      fc.asyncProperty(fc.oneof(...samples.map(answers)), async (one) => {
        answer = one;
        for (const call of calls) await expectTyped(call);
      }),
    );
  });

  test('amazon-transcribe', { timeout: 120_000 }, async () => {
    const job = {
      TranscriptionJobName: 'j',
      TranscriptionJobStatus: 'FAILED',
      FailureReason: 'r',
      StartTime: 1_763_712_000.5,
      CreationTime: 1_763_712_000,
      Media: { MediaFileUri: CALL.media.uri },
      Settings: { ChannelIdentification: true },
      LanguageCode: 'en-GB',
    };
    const sample = {
      TranscriptionJob: job,
      TranscriptionJobSummaries: [job],
      __type: 'BadRequestException',
      Message: 'm',
    };
    const provider = amazonTranscribe(transcribeSettings(url, url));
    const known = { id: 'j', channel: null, startedAt: AT };
    await fc.assert(
      fc.asyncProperty(answers(sample), async (one) => {
        answer = one;
        await expectTyped(() => provider.start(CALL));
        await expectTyped(() => provider.look(known));
        await expectTyped(() => provider.stop(CALL.sessionId));
      }),
    );
  });

  test("the public key of VideoSDK's webhooks", async () => {
    await fc.assert(
      fc.asyncProperty(answers({ publicKey: '-----BEGIN PUBLIC KEY-----' }), async (one) => {
        answer = one;
        await expectTyped(() => fetchPublicKey(url));
      }),
    );
  });
});

describe('an answer without an end', () => {
  const request = { method: 'GET', authorization: null, secrets: [] } as const;

  test('is given up, and not kept', async () => {
    let sent = 0;
    const endless = await listen(async (_request, response) => {
      response.setMaxListeners(0);
      const piece = Buffer.alloc(1_024 * 1_024, ' ');
      while (!response.destroyed) {
        sent += piece.length;
        await new Promise<void>((resolve) => {
          response.once('close', resolve);
          response.write(piece, () => resolve());
        });
      }
    });
    await expect(send({ ...request, url: endless }, 'Agora')).rejects.toMatchObject({
      kind: 'unavailable',
    });
    const limits = { vendor: 'VideoSDK', maxBytes: 1_000_000 };
    await expect(downloadText(endless, limits)).rejects.toMatchObject({ kind: 'rejected' });
    expect(sent).toBeLessThan(64 * 1_024 * 1_024);
  });

  test('in pages is given up', async () => {
    const list = { data: { list: [{ agent_id: 'a' }] }, meta: { cursor: 'more' } };
    const job = { TranscriptionJobSummaries: [{ TranscriptionJobName: 'j' }], NextToken: 'more' };
    answer = { status: 200, headers: {}, body: Buffer.from(JSON.stringify({ ...list, ...job })) };
    const { create } = CASES['agora'] ?? {};
    await expect(create?.(url).find(START, NOBODY)).rejects.toMatchObject({ kind: 'unavailable' });
    const transcribe = amazonTranscribe(transcribeSettings(url, url));
    await expect(transcribe.stop(CALL.sessionId)).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

describe('a success that is none', () => {
  test.for(['<html>It works!</html>', '{"agent_id":'])('stops no task: %s', async (body) => {
    answer = { status: 200, headers: {}, body: Buffer.from(body) };
    for (const { create } of Object.values(CASES)) {
      await expect(create(url).stop(TASK, 'room')).rejects.toMatchObject({ kind: 'unavailable' });
    }
  });
});

test.for([
  ['utf-16le', Buffer.from('Zoë: grüß dich', 'utf16le'), 'text/plain; charset=utf-16le'],
  ['utf-16le by its mark', Buffer.from('\uFEFFZoë: grüß dich', 'utf16le'), 'text/plain'],
  ['latin1', Buffer.from('Zoë: grüß dich', 'latin1'), 'text/plain; charset="iso-8859-1"'],
  ['an unknown charset', Buffer.from('Zoë: grüß dich'), 'text/plain; charset=klingon'],
] as const)('a file in %s is read as what it is', async ([, body, type]) => {
  answer = { status: 200, headers: { 'content-type': type }, body };
  const limits = { vendor: 'VideoSDK', maxBytes: 1_000 };
  expect(await downloadText(url, limits)).toBe('Zoë: grüß dich');
});
