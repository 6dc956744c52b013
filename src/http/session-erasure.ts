import type { Client } from '@temporalio/client';
import { isNothing, type ErasureReport } from '../domain/erasure.ts';
import { canBeSessionId } from '../domain/identity.ts';
import { isEnded } from '../domain/session.ts';
import type { ProviderName } from '../domain/sessions.ts';
import { erasureId } from '../workflows/messages.ts';
import type { Erasure } from '../workflows/messages.ts';
import { ErasureSchema } from './erasure-schema.ts';
import { Problem } from './problem.ts';
import type { SessionReader } from './session-reader.ts';
import { problemOfTemporal } from './temporal-problem.ts';

/** How long a DELETE waits; what is not done by then goes on without it. */
const WAIT_MS = 15_000;
const RETRY_AFTER_SECONDS = 10;

/** Undefined of an erasure that began before there were reports. */
const Report = ErasureSchema.optional().catch(undefined);

export type SessionErasureOptions = {
  readonly client: Client;
  readonly taskQueue: string;
  readonly sessions: SessionReader;
  /** Those that are on. */
  readonly providers: readonly ProviderName[];
};

/** Erases sessions that are over, each by a workflow, which brings it to an end whatever dies meanwhile. */
export class SessionErasure {
  readonly #options: SessionErasureOptions;

  constructor(options: SessionErasureOptions) {
    this.#options = options;
  }

  /**
   * Returns once everything is gone what that was, or null where nobody counted. With `isAgain` also of a session that was
   * erased just before. Throws Problem.
   */
  async erase(id: string, isAgain: boolean): Promise<ErasureReport | null> {
    const giveUpAtMs = Date.now() + WAIT_MS;
    try {
      return await this.#eraseKnown(id, giveUpAtMs);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.kind === 'session-not-found') return this.#eraseForgotten(id, error, giveUpAtMs);
      if (error.kind !== 'erased' || !isAgain) throw error;
      return this.#inTime(id, giveUpAtMs, async () => {
        const { client } = this.#options;
        return Report.parse(await client.workflow.getHandle(erasureId(id)).result()) ?? null;
      });
    }
  }

  async #eraseKnown(id: string, giveUpAtMs: number): Promise<ErasureReport | null> {
    let session = await this.#options.sessions.get(id);
    while (isEnded(session.status)) {
      const report = await this.#finish({ id, provider: session.provider }, giveUpAtMs);
      const left = await this.#options.sessions.find(id);
      if (left === null) return report;
      // The erasure was of an earlier session of the id, which was under way.
      session = left.session;
    }
    throw new Problem('still-running', `${id} is ${session.status}: stop it first`);
  }

  /** What Temporal no longer knows may have left objects and jobs, which are found by its id. */
  async #eraseForgotten(
    id: string,
    notFound: Problem,
    giveUpAtMs: number,
  ): Promise<ErasureReport | null> {
    const provider = this.#providerOf(id);
    if (provider === null || (await this.#options.sessions.isKnown(id))) throw notFound;
    const report = await this.#finish({ id, provider }, giveUpAtMs);
    if (report === null || isNothing(report.removed)) throw notFound;
    return report;
  }

  /** Whose session it may have been; of an id of the caller's own, whoever finds most by that. */
  #providerOf(id: string): ProviderName | null {
    if (!canBeSessionId(id)) return null;
    const { providers } = this.#options;
    const named = providers.find((name) => id.startsWith(`${name}:`));
    const batch = providers.find((name) => name === 'amazon-transcribe');
    return named ?? batch ?? providers[0] ?? null;
  }

  /** Waits for the end of an erasure, which it begins where none is under way. */
  async #finish(erasure: Erasure, giveUpAtMs: number): Promise<ErasureReport | null> {
    const { client, taskQueue } = this.#options;
    const { id } = erasure;
    return this.#inTime(id, giveUpAtMs, async () => {
      const handle = await client.workflow.start('eraseSession', {
        workflowId: erasureId(id),
        workflowIdConflictPolicy: 'USE_EXISTING',
        taskQueue,
        args: [erasure],
        staticSummary: `erase session ${id}`,
      });
      return Report.parse(await handle.result()) ?? null;
    });
  }

  async #inTime<T>(id: string, giveUpAtMs: number, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#options.client.withDeadline(giveUpAtMs, work);
    } catch (error) {
      if (problemOfTemporal(error) === null) throw error;
      throw new Problem('unavailable', `${id} is still being erased: ask again in a moment`, {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
        cause: error,
      });
    }
  }
}
