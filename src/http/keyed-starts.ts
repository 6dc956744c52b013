import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { z } from 'zod';
import { givesWay } from '../domain/sessions.ts';
import type { SessionRequest } from '../domain/sessions.ts';
import { claimId, startedRunId } from '../workflows/messages.ts';
import type { StartClaim } from '../workflows/messages.ts';
import type { RequestKey } from './idempotency.ts';
import { inTime } from './in-time.ts';
import { Problem } from './problem.ts';
import type { SessionClient } from './session-client.ts';
import type { Session } from './session-schema.ts';
import { requireSame, type StoredSession } from './stored-session.ts';

const ClaimSchema: z.ZodType<StartClaim> = z.object({
  body: z.string(),
  runId: z.string().optional(),
});

export type KeyedStartsOptions = {
  readonly client: Client;
  readonly taskQueue: string;
  readonly sessions: SessionClient;
};

type Claim = StartClaim & { readonly madeAt: Date };
type Started = { readonly session: Session; readonly isNew: boolean };

/**
 * Starts with an Idempotency-Key. The first request with a key takes a workflow id that is made of the key, which
 * Temporal gives away once, and which is known at once: so another body is found out, though its session has another id.
 * A second id keeps which run the key has started, for when somebody else has begun the session anew since.
 */
export class KeyedStarts {
  readonly #options: KeyedStartsOptions;

  constructor(options: KeyedStartsOptions) {
    this.#options = options;
  }

  /** Starts a session, or answers as the first request with this key was answered. Throws Problem. */
  async start(key: RequestKey, id: string, request: SessionRequest): Promise<Started> {
    const known = (await this.#find(claimId(key.key))) ?? (await this.#claim(key, id, request));
    if (known === null) return this.#start(key, id, request);
    if (known.body !== key.body) {
      throw new Problem('key-reused', 'The Idempotency-Key came with another body before');
    }
    if (known.runId !== undefined) {
      return { session: (await this.#run(id, known.runId)).session, isNew: false };
    }
    const session = await this.#startedBy(key, id, known);
    // The first request may not have come this far.
    return session ? { session, isNew: true } : this.#start(key, id, request);
  }

  async #start(key: RequestKey, id: string, request: SessionRequest): Promise<Started> {
    const started = await this.#options.sessions.start(id, request, key.key);
    const { runId } = started.session;
    if (started.isNew) await this.#keep(startedRunId(key.key), id, { body: key.body, runId });
    return started;
  }

  async #find(workflowId: string): Promise<Claim | null> {
    const { client } = this.#options;
    try {
      const handle = client.workflow.getHandle(workflowId);
      const { memo, startTime } = await inTime(client, () => handle.describe());
      return { ...ClaimSchema.parse(memo), madeAt: startTime };
    } catch (error) {
      if (error instanceof Problem && error.kind === 'session-not-found') return null;
      throw error;
    }
  }

  /** Takes the key; null when that went well, else what another request has claimed meanwhile. */
  async #claim(key: RequestKey, id: string, request: SessionRequest): Promise<Claim | null> {
    const there = await this.#newest(id);
    const found = there && !givesWay(there.session) ? there : null;
    if (found) requireSame(found, request);
    const claim: StartClaim = { body: key.body, ...(found && { runId: found.session.runId }) };
    if (!(await this.#keep(claimId(key.key), id, claim))) return this.#find(claimId(key.key));
    return found ? { ...claim, madeAt: new Date() } : null;
  }

  /** Whether the id was free. */
  async #keep(workflowId: string, id: string, claim: StartClaim): Promise<boolean> {
    const { client, taskQueue } = this.#options;
    try {
      await inTime(client, () =>
        client.workflow.start('startClaim', {
          workflowId,
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          taskQueue,
          memo: { ...claim },
          staticSummary: `Idempotency-Key of a start of ${id}`.slice(0, 200),
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
      throw error;
    }
  }

  /** The session that the key has started, whatever has become of it. */
  async #startedBy({ key }: RequestKey, id: string, { madeAt }: Claim): Promise<Session | null> {
    const { sessions } = this.#options;
    const newest = await this.#newest(id);
    if (newest?.startedBy === key) return newest.session;
    const kept = await this.#find(startedRunId(key));
    const run = kept?.runId === undefined ? null : await this.#run(id, kept.runId);
    if (run && !run.isCarriedOn) return run.session;
    if (newest) return (await this.#olderRun(key, id, madeAt)) ?? run?.session ?? null;
    if (await sessions.isErased(id, madeAt)) throw new Problem('erased', `${id} has been erased`);
    return null;
  }

  /** The last of several runs, or one that nobody got to keep: it is over, and long visible. */
  async #olderRun(key: string, id: string, since: Date): Promise<Session | null> {
    const { sessions } = this.#options;
    for (const runId of await sessions.runsSince(id, since)) {
      const run = await sessions.getStored(id, runId);
      if (run.startedBy === key) return run.session;
    }
    return null;
  }

  /** What Temporal no longer has was erased: it keeps it longer than the claim. */
  async #run(id: string, runId: string): Promise<StoredSession> {
    try {
      return await this.#options.sessions.getRun(id, runId);
    } catch (error) {
      const isGone = error instanceof Problem && error.kind === 'session-not-found';
      throw isGone ? new Problem('erased', `${id} has been erased`) : error;
    }
  }

  async #newest(id: string): Promise<StoredSession | null> {
    try {
      return await this.#options.sessions.getStored(id);
    } catch (error) {
      const isGone = error instanceof Problem && (error.status === 404 || error.status === 410);
      if (isGone) return null;
      throw error;
    }
  }
}
