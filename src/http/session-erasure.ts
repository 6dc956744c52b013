import type { Client } from '@temporalio/client';
import { isEnded } from '../domain/session.ts';
import { erasureId } from '../workflows/messages.ts';
import type { Erasure } from '../workflows/messages.ts';
import { Problem } from './problem.ts';
import type { SessionReader } from './session-reader.ts';
import { problemOfTemporal } from './temporal-problem.ts';

/** How long a DELETE waits; what is not done by then goes on without it. */
const WAIT_MS = 15_000;
const RETRY_AFTER_SECONDS = 10;

export type SessionErasureOptions = {
  readonly client: Client;
  readonly taskQueue: string;
  readonly sessions: SessionReader;
};

/** Erases sessions that are over, each by a workflow, which brings it to an end whatever dies meanwhile. */
export class SessionErasure {
  readonly #options: SessionErasureOptions;

  constructor(options: SessionErasureOptions) {
    this.#options = options;
  }

  /** Returns once everything is gone. Throws Problem. */
  async erase(id: string): Promise<void> {
    const giveUpAtMs = Date.now() + WAIT_MS;
    let session = await this.#options.sessions.get(id);
    while (isEnded(session.status)) {
      await this.#finish({ id, provider: session.provider }, giveUpAtMs);
      const left = await this.#options.sessions.find(id);
      if (left === null) return;
      // The erasure was of an earlier session of the id, which was under way.
      session = left.session;
    }
    throw new Problem('still-running', `${id} is ${session.status}: stop it first`);
  }

  /** Waits for the end of an erasure, which it begins where none is under way. */
  async #finish(erasure: Erasure, giveUpAtMs: number): Promise<void> {
    const { client, taskQueue } = this.#options;
    const { id } = erasure;
    try {
      await client.withDeadline(giveUpAtMs, async () => {
        const handle = await client.workflow.start('eraseSession', {
          workflowId: erasureId(id),
          workflowIdConflictPolicy: 'USE_EXISTING',
          taskQueue,
          args: [erasure],
          staticSummary: `erase session ${id}`,
        });
        await handle.result();
      });
    } catch (error) {
      if (problemOfTemporal(error) === null) throw error;
      throw new Problem('unavailable', `${id} is still being erased: ask again in a moment`, {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
        cause: error,
      });
    }
  }
}
