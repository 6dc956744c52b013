import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { AUDIO_BUCKET, TRANSCRIPTS_BUCKET } from '../support/stack.ts';
import type { Target } from './blows.ts';
import { seen } from './caller.ts';
import type { Ending, Scene, Step } from './scene.ts';
import type { Theatre } from './theatre.ts';

/** What is known of a call while it is played. */
type Played = {
  readonly from: string;
  readonly conversationUuid: string;
  readonly sessionId: string;
  readonly jobName: string;
};

type CallStep = Step & { readonly target: (call: Played) => Target };

/** What is asked of Vonage, S3 and Amazon Transcribe for a recorded call, in the order of its life. */
export const CALL_STEPS: readonly CallStep[] = [
  {
    name: 'download',
    hasEffect: false,
    target: ({ from, conversationUuid }) => ({
      vendor: 'vonage',
      operation: 'download',
      from,
      conversationUuid,
    }),
  },
  {
    name: 'put audio',
    hasEffect: true,
    target: ({ sessionId }) => onS3('PutObject', `recordings/${sessionId}/`),
  },
  { name: 'start job', hasEffect: true, target: onJob('start') },
  { name: 'get job', hasEffect: false, target: onJob('get') },
  {
    name: 'get output',
    hasEffect: false,
    target: ({ jobName }) => onS3('GetObject', `jobs/${jobName}/`),
  },
  {
    name: 'put transcript',
    hasEffect: true,
    target: ({ sessionId }) => onS3('PutObject', `transcripts/${sessionId}/`),
  },
];

/** A recorded call, hit at `step`. */
export class CallScene implements Scene {
  readonly #theatre: Theatre;
  readonly step: CallStep;
  readonly #from: string;
  #call: Played | null = null;

  /** `from` is the number that calls; no other scene's. */
  constructor(theatre: Theatre, step: CallStep, from: string) {
    this.#theatre = theatre;
    this.step = step;
    this.#from = from;
  }

  get sessionId(): string {
    return this.#played.sessionId;
  }

  get #played(): Played {
    if (this.#call === null) throw new Error('the call has not been placed');
    return this.#call;
  }

  target(): Target {
    return this.step.target(this.#played);
  }

  async lead(): Promise<void> {}

  async trigger(): Promise<void> {
    const { conversationUuid, recordingUuid, done } = this.#theatre.stack.vonage.placeCall({
      from: this.#from,
    });
    const sessionId = `vonage:${recordingUuid}`;
    this.#call = { from: this.#from, conversationUuid, sessionId, jobName: firstJobOf(sessionId) };
    return done;
  }

  async conclude(): Promise<void> {
    await seen(this.#theatre.stack, this.sessionId, {
      status: 'completed',
      transcript: { words: expect.any(Number) },
    });
    await this.#theatre.toldOfEnd(this.sessionId);
  }

  verdict(how: Ending): string[] {
    const { s3, transcribe, vonage } = this.#theatre.stack;
    const { sessionId, jobName, conversationUuid } = this.#played;
    const jobs = transcribe.ledger().jobs.filter(({ name }) => name.includes(sessionId.slice(7)));
    const count = (what: string, found: number): string[] =>
      found === 1 || (how !== 'ordinary' && found === 0) ? [] : [`${found} ${what} instead of 1`];
    const rules = [
      ...vonage.ledger(conversationUuid).violations,
      ...transcribe.ledger(jobName).violations,
    ];
    return [
      ...count('jobs', jobs.length),
      ...count('archived objects', s3.keys(AUDIO_BUCKET, `recordings/${sessionId}/`).length),
      ...count('transcripts', s3.keys(TRANSCRIPTS_BUCKET, `transcripts/${sessionId}/`).length),
      ...s3
        .unfinishedUploads(AUDIO_BUCKET)
        .filter((key) => key.includes(sessionId))
        .map((key) => `upload left: ${key}`),
      ...jobs
        .filter(({ endedAt }) => endedAt === null)
        .map(({ name }) => `job left running: ${name}`),
      ...rules.map(({ rule, detail }) => `rule broken: ${rule} (${detail})`),
    ];
  }
}

function onJob(operation: 'start' | 'get') {
  return ({ jobName }: Played): Target => ({ vendor: 'transcribe', operation, jobName });
}

function onS3(operation: 'PutObject' | 'GetObject', keyPrefix: string): Target {
  return { vendor: 's3', operation, keyPrefix };
}

/** The name of the first job of a session, by design.md §7. */
export function firstJobOf(sessionId: string): string {
  const digest = createHash('sha256').update(sessionId).digest('hex').slice(0, 8);
  return `durascribe-${sessionId.replaceAll(':', '.')}-${digest}-1`;
}
