import type { Client } from '@temporalio/client';
import { isEnded } from '../domain/session.ts';
import { erasureId } from '../workflows/messages.ts';
import type { Erasure } from '../workflows/messages.ts';
import { Problem } from './problem.ts';
import type { SessionClient } from './session-client.ts';
import { problemOfTemporal } from './temporal-problem.ts';

/** How long a DELETE waits; what is not done by then goes on without it. */
const WAIT_MS = 15_000;
const RETRY_AFTER_SECONDS = 10;

export type SessionErasureOptions = {
  readonly client: Client;
  readonly taskQueue: string;
  readonly sessions: SessionClient;
};

/** Erases sessions that are over, each by a workflow, which brings it to an end whatever dies meanwhile. */
export class SessionErasure {
  readonly #options: SessionErasureOptions;

  constructor(options: SessionErasureOptions) {
    this.#options = options;
  }

  /** Returns once everything is gone. Throws Problem. */
  async erase(id: string): Promise<void> {
    const { session } = await this.#options.sessions.getStored(id);
    if (!isEnded(session.status)) {
      throw new Problem('still-running', `${id} is ${session.status}: stop it first`);
    }
    const { provider } = session;
    const erasure: Erasure = { id, provider };
    const { client, taskQueue } = this.#options;
    try {
      await client.withDeadline(Date.now() + WAIT_MS, async () => {
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
