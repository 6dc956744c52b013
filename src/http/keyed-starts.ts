import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { z } from 'zod';
import type { SessionRequest } from '../domain/sessions.ts';
import { claimId, startAnswerId } from '../workflows/messages.ts';
import type { StartAnswer, StartClaim } from '../workflows/messages.ts';
import type { RequestKey } from './idempotency.ts';
import { inTime } from './in-time.ts';
import { Problem } from './problem.ts';
import type { SessionClient } from './session-client.ts';
import type { Session } from './session-schema.ts';

const ClaimSchema: z.ZodType<StartClaim> = z.object({ body: z.string() });
const AnswerSchema: z.ZodType<StartAnswer> = z.object({ runId: z.string(), isNew: z.boolean() });

export type KeyedStartsOptions = {
  readonly client: Client;
  readonly taskQueue: string;
  readonly sessions: SessionClient;
};

/** What is kept under an id, and since when. */
type Kept<Memo> = Memo & { readonly since: Date };
type Started = { readonly session: Session; readonly isNew: boolean };

/**
 * Starts with an Idempotency-Key. The first request with a key takes a workflow id that is made of the key, which
 * Temporal gives away once, and which is known at once: so another body is found out, though its session has another id.
 * A second id keeps what the key was answered with, for when somebody else has begun the session anew since.
 */
export class KeyedStarts {
  readonly #options: KeyedStartsOptions;

  constructor(options: KeyedStartsOptions) {
    this.#options = options;
  }

  /** Starts a session, or answers as the first request with this key was answered. Throws Problem. */
  async start(key: RequestKey, id: string, request: SessionRequest): Promise<Started> {
    const claim = await this.#keep(claimId(key.key), { body: key.body }, ClaimSchema);
    if (claim && claim.body !== key.body) {
      throw new Problem('key-reused', 'The Idempotency-Key came with another body before');
    }
    const answer = claim && (await this.#find(startAnswerId(key.key), AnswerSchema));
    if (answer) return this.#repeated(id, answer);
    // The first request may have started it, and not have come as far as to keep its answer.
    const session = claim && (await this.#startedBy(key.key, id, claim.since));
    const started = session
      ? { session, isNew: true }
      : await this.#options.sessions.start(id, request, key.key);
    const { isNew } = started;
    const said: StartAnswer = { runId: started.session.runId, isNew };
    const earlier = await this.#keep(startAnswerId(key.key), said, AnswerSchema);
    return earlier ? this.#repeated(id, earlier) : started;
  }

  /** Keeps `memo` under the id; null when that went well, else what is kept there already. */
  async #keep<Memo extends Record<string, unknown>>(
    workflowId: string,
    memo: Memo,
    schema: z.ZodType<Memo>,
  ): Promise<Kept<Memo> | null> {
    const { client, taskQueue } = this.#options;
    try {
      await inTime(client, () =>
        client.workflow.start('startClaim', {
          workflowId,
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          taskQueue,
          memo,
          // No word of the session, which may be erased before this is.
          staticSummary: 'the Idempotency-Key of a start',
        }),
      );
      return null;
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) {
        return this.#find(workflowId, schema);
      }
      throw error;
    }
  }

  async #find<Memo extends Record<string, unknown>>(
    workflowId: string,
    schema: z.ZodType<Memo>,
  ): Promise<Kept<Memo> | null> {
    const { client } = this.#options;
    try {
      const handle = client.workflow.getHandle(workflowId);
      const { memo, startTime } = await inTime(client, () => handle.describe());
      return { ...schema.parse(memo), since: startTime };
    } catch (error) {
      if (error instanceof Problem && error.kind === 'session-not-found') return null;
      throw error;
    }
  }

  /** The answer once more: the same session, whatever has become of it. */
  async #repeated(id: string, { runId, isNew, since }: Kept<StartAnswer>): Promise<Started> {
    const { sessions } = this.#options;
    try {
      return { session: (await sessions.getRun(id, runId)).session, isNew };
    } catch (error) {
      if (!(error instanceof Problem) || error.kind !== 'session-not-found') throw error;
      await this.#requireUnerased(id, since);
      throw new Problem('session-not-found', `Temporal no longer keeps the session ${id}`);
    }
  }

  /** The session that the key has started where nobody got to keep that. */
  async #startedBy(key: string, id: string, since: Date): Promise<Session | null> {
    const { sessions } = this.#options;
    const newest = await sessions.find(id);
    if (newest?.startedBy === key) return newest.session;
    // What is not the newest is over, and long visible.
    for (const runId of await sessions.runsSince(id, since)) {
      const run = await sessions.getStored(id, runId);
      if (run.startedBy === key) return run.session;
    }
    if (newest === null) await this.#requireUnerased(id, since);
    return null;
  }

  async #requireUnerased(id: string, since: Date): Promise<void> {
    const erasure = await this.#options.sessions.erasure(id);
    if (erasure && erasure.at >= since) throw new Problem('erased', `${id} has been erased`);
  }
}
