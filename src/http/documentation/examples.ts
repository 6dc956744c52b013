import type { Delivery } from '../../domain/callbacks.ts';
import type { ErasureReport } from '../../domain/erasure.ts';
import type { Session } from '../../domain/sessions.ts';
import type { Transcript } from '../../domain/transcript.ts';

/** What the OpenAPI document shows of each answer. */

const RUN_ID = '019a1fde-95f3-7d1e-a3d2-5b0209702cb7';
const TEMPORAL = `http://127.0.0.1:8233/namespaces/default/workflows/agora%3Aroom-1/${RUN_ID}/history`;

export const SESSION_EXAMPLE = {
  id: 'agora:room-1',
  runId: RUN_ID,
  provider: 'agora',
  status: 'running',
  channel: 'room-1',
  desired: { languages: ['en-US', 'es-ES'], subscribeAudioUids: ['all'] },
  applied: { languages: ['en-US'], subscribeAudioUids: ['all'] },
  revision: 1,
  appliedRevision: 0,
  nextUpdateAt: '2026-11-21T10:00:06.318Z',
  sequenceId: 0,
  generation: 1,
  task: { id: 'a-task-of-agora', startedAt: '2026-11-21T10:00:01.123Z' },
  createdAt: '2026-11-21T10:00:00.417Z',
  endedAt: null,
  endReason: null,
  lastRefusal: null,
  failure: null,
  transcript: null,
  metadata: { team: 'support' },
  links: { temporal: TEMPORAL },
} satisfies Session & Record<string, unknown>;

export const ERASURE_EXAMPLE = {
  id: 'media:3f9a0c51d2b7e846',
  removed: { objects: 4, bytes: 181_204, jobs: 1, workflows: 3 },
  kept: [{ what: 'source', why: 'the recording that was handed in, in a bucket of your own' }],
} satisfies ErasureReport;

export const EXPLANATION_EXAMPLE = {
  id: 'agora:room-1',
  runId: RUN_ID,
  status: 'starting',
  details: '**starting** · agora channel `room-1`',
  step: {
    name: 'startTask',
    summary: 'starting the task at Agora',
    state: 'waiting',
    attempt: 2,
    scheduledAt: null,
    startedAt: null,
    lastError: { kind: 'throttled', message: 'API rate limit exceeded' },
    nextAttemptAt: '2026-11-21T10:00:31.168Z',
    givesUpAt: null,
  },
  pendingTimers: [
    {
      summary: 'to start again, because of: API rate limit exceeded',
      firesAt: '2026-11-21T10:00:31.168Z',
    },
  ],
  transcript: 'awaited',
  next: 'At 2026-11-21T10:00:31.168Z: starting the task at Agora, try 2.',
  temporal: TEMPORAL,
};

export const DELIVERY_EXAMPLE: Delivery = {
  id: `msg_${RUN_ID}_1`,
  sessionId: 'agora:room-1',
  type: 'session.running',
  url: 'https://example.com/durascribe',
  timestamp: '2026-11-21T10:00:01.123Z',
  state: 'pending',
  tries: [{ at: '2026-11-21T10:00:01.310Z', status: 503, error: 'it answered 503' }],
  nextTryAt: '2026-11-21T10:00:06.402Z',
};

export const TRANSCRIPT_EXAMPLE: Transcript = {
  sessionId: 'vonage:05164a62-c082-4644-914d-490e090385b9',
  provider: 'amazon-transcribe',
  languageCode: 'en-GB',
  durationSeconds: 8.75,
  text: 'Hello, this is Anna speaking.',
  segments: [
    {
      startSeconds: 0.5,
      endSeconds: 2.5,
      channel: 'ch_0',
      text: 'Hello, this is Anna speaking.',
      words: [{ startSeconds: 0.5, endSeconds: 0.9, text: 'Hello,', confidence: 0.99 }],
    },
  ],
  gaps: [],
};
