import { WorkflowFailedError } from '@temporalio/client';
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { isEnded } from '../domain/session.ts';
import { unchangeable } from '../domain/sessions.ts';
import type { Session as KnownSession } from '../domain/sessions.ts';
import type { TranscriptProgress } from '../domain/transcript.ts';
import { collectionId, equals, erasureId, SEARCH_ATTRIBUTES } from '../workflows/messages.ts';
import { archiveProgress } from './archive-progress.ts';
import { inTime } from './in-time.ts';
import { Problem } from './problem.ts';
import { SessionMemoSchema, TranscriptProgressSchema } from './session-schema.ts';
import type { Session } from './session-schema.ts';
import { asTemporalSays, type StoredSession } from './stored-session.ts';

/** HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT: the last event only. */
const CLOSE_EVENT = 2;

/** How many sessions' runs are remembered, at about 200 bytes each. */
const REMEMBERED_RUNS = 10_000;

/** Sessions, as Temporal has them, for whoever reads. Every method throws Problem. */
export class SessionReader {
  protected readonly client: Client;
  readonly #temporalUiUrl: string;
  /** The run of each session that was open when it was read last. */
  readonly #openRuns = new Map<string, string>();

  /** `temporalUiUrl` is the base URL of the Temporal Web UI, without a slash at its end. */
  constructor(client: Client, temporalUiUrl: string) {
    this.client = client;
    this.#temporalUiUrl = temporalUiUrl;
  }

  async get(id: string): Promise<Session> {
    return (await this.getStored(id)).session;
  }

  /** Whether Temporal knows a workflow of the id, be it a session or not. */
  async isKnown(id: string): Promise<boolean> {
    return (await this.#describeIfAny(id)) !== null;
  }

  /** Like `get`, with what the API does not show; of the newest run, or of the one that is asked for. */
  async getStored(id: string, runId?: string): Promise<StoredSession> {
    const description = await (runId === undefined
      ? this.#describeNewest(id)
      : this.#describe(id, runId));
    const memo = SessionMemoSchema.safeParse(description.memo);
    if (!memo.success) throw new Problem('session-not-found', `There is no session ${id}`);
    const { request, session, pairs, transcript, startedBy } = memo.data;
    if (await this.#isErased(id, description.closeTime)) {
      throw new Problem('erased', `${id} has been erased`);
    }
    const said = asTemporalSays(session, description);
    return {
      request,
      pairs,
      transcript,
      startedBy,
      isOpen: description.closeTime === undefined,
      firstRunId: description.raw.workflowExecutionInfo?.firstRunId ?? description.runId,
      session: this.shown(await this.#withProgress(said, description), description.runId),
      isCarriedOn: description.status.name === 'CONTINUED_AS_NEW',
    };
  }

  /** The same; null where there is none, or none any more. */
  async find(id: string): Promise<StoredSession | null> {
    try {
      return await this.getStored(id);
    } catch (error) {
      const isGone = error instanceof Problem && (error.status === 404 || error.status === 410);
      if (isGone) return null;
      throw error;
    }
  }

  /** The same of the run that a caller was told of, or of the last of those that carry it on. */
  async getRun(id: string, runId?: string): Promise<StoredSession> {
    const stored = await this.getStored(id, runId);
    if (!stored.isCarriedOn) return stored;
    const newest = await this.getStored(id);
    if (newest.firstRunId === stored.firstRunId) return newest;
    // Another session has begun since: the one that is asked for is at the end of its own runs.
    let last = stored.session.runId;
    for (let next: string | null = last; next; next = await this.nextRun(id, next)) last = next;
    return this.getStored(id, last);
  }

  /** The run that carries on this one, which is over; null when none does. */
  protected async nextRun(workflowId: string, runId: string): Promise<string | null> {
    const { namespace } = this.client.options;
    const { history } = await this.call(() =>
      this.client.workflowService.getWorkflowExecutionHistory({
        namespace,
        execution: { workflowId, runId },
        historyEventFilterType: CLOSE_EVENT,
      }),
    );
    const [closing] = history?.events ?? [];
    return closing?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? null;
  }

  /** What has become of the session's transcript, also where it made way for the next one. */
  async transcriptOf(stored: StoredSession): Promise<TranscriptProgress> {
    const { session, firstRunId, transcript, isOpen } = stored;
    if (transcript.state !== 'awaited' || isOpen) return transcript;
    const handle = this.client.workflow.getHandle(collectionId(session.id, firstRunId));
    try {
      const { closeTime } = await this.call(() => handle.describe());
      if (closeTime === undefined) {
        return { state: 'awaited', waitsFor: 'what its tasks have left' };
      }
      return TranscriptProgressSchema.parse(await this.call(() => handle.result()));
    } catch (error) {
      const isMissing = error instanceof Problem && error.kind === 'session-not-found';
      if (!isMissing && !(error instanceof WorkflowFailedError)) throw error;
      return { state: 'none', reason: 'its workflow ended before it was collected' };
    }
  }

  /** Throws a 409 where there is such a session, which is over, and a 501 where none of its provider can change. */
  async requireChangeable(id: string): Promise<void> {
    try {
      const { provider, status } = await this.get(id);
      if (isEnded(status)) throw new Problem('not-live', `the session is ${status}`);
      const why = unchangeable(provider);
      if (why !== null) throw new Problem('unchangeable', why);
    } catch (error) {
      if (!(error instanceof Problem && error.status === 404)) throw error;
    }
  }

  /** The id of the session that has, or had, the vendor's task `taskId`; undefined when there is none. */
  async idOfTask(taskId: string): Promise<string | undefined> {
    const [id] = await this.#ids(equals(SEARCH_ATTRIBUTES.tasks, taskId), 1);
    return id;
  }

  /** The ids of the provider's open sessions of a channel. */
  async idsOf(provider: string, channel: string): Promise<string[]> {
    const ofProvider = equals(SEARCH_ATTRIBUTES.provider, provider);
    const ofChannel = equals(SEARCH_ATTRIBUTES.channel, channel);
    return this.#ids(`${ofProvider} AND ${ofChannel} AND ExecutionStatus = 'Running'`);
  }

  /** The runs of the session that began since, each the last of its chain. */
  async runsSince(id: string, since: Date): Promise<string[]> {
    const ofId = equals({ name: 'WorkflowId' }, id);
    const query = `${ofId} AND StartTime >= '${since.toISOString()}' AND ExecutionStatus != 'ContinuedAsNew'`;
    return this.call(async () => {
      const runs: string[] = [];
      for await (const { runId } of this.client.workflow.list({ query })) runs.push(runId);
      return runs;
    });
  }

  /** The session as the API shows it. */
  shown(session: KnownSession, runId: string): Session {
    const namespace = encodeURIComponent(this.client.options.namespace);
    const path = `workflows/${encodeURIComponent(session.id)}/${runId}/history`;
    const temporal = `${this.#temporalUiUrl}/namespaces/${namespace}/${path}`;
    return { ...session, runId, links: { temporal } };
  }

  protected async call<T>(work: () => Promise<T>): Promise<T> {
    return inTime(this.client, work);
  }

  async #describe(id: string, runId?: string): Promise<WorkflowExecutionDescription> {
    return this.call(() => this.client.workflow.getHandle(id, runId).describe());
  }

  async #describeIfAny(id: string, runId?: string): Promise<WorkflowExecutionDescription | null> {
    try {
      return await this.#describe(id, runId);
    } catch (error) {
      if (error instanceof Problem && error.kind === 'session-not-found') return null;
      throw error;
    }
  }

  /** A run that is open is the newest: where it is known, Temporal needs no database to find it. */
  async #describeNewest(id: string): Promise<WorkflowExecutionDescription> {
    const known = this.#openRuns.get(id);
    if (known !== undefined) {
      const description = await this.#describeIfAny(id, known);
      if (description && description.closeTime === undefined) return description;
      this.#openRuns.delete(id);
    }
    const description = await this.#describe(id);
    if (description.closeTime === undefined) this.#remember(id, description.runId);
    return description;
  }

  #remember(id: string, runId: string): void {
    this.#openRuns.set(id, runId);
    const [oldest] = this.#openRuns.keys();
    if (oldest !== undefined && this.#openRuns.size > REMEMBERED_RUNS) {
      this.#openRuns.delete(oldest);
    }
  }

  async #ids(query: string, most = Infinity): Promise<string[]> {
    return this.call(async () => {
      const ids: string[] = [];
      for await (const { workflowId } of this.client.workflow.list({ query })) {
        ids.push(workflowId);
        if (ids.length >= most) break;
      }
      return ids;
    });
  }

  async #withProgress(
    session: KnownSession,
    description: WorkflowExecutionDescription,
  ): Promise<KnownSession> {
    if (session.provider !== 'amazon-transcribe' || session.status !== 'starting') return session;
    const { loadedDataConverter } = this.client.options;
    return { ...session, progress: await archiveProgress(description, loadedDataConverter) };
  }

  /** Temporal takes about a minute to delete what it was told to: until then it is as good as gone. */
  async #isErased(id: string, closedAt: Date | undefined): Promise<boolean> {
    if (closedAt === undefined) return false;
    const erasure = await this.erasure(id);
    return erasure !== null && erasure.isDone && erasure.at >= closedAt;
  }

  /** The last erasure of the id: what began later than it is left alone. */
  async erasure(id: string): Promise<{ readonly at: Date; readonly isDone: boolean } | null> {
    const description = await this.#describeIfAny(erasureId(id));
    if (description === null) return null;
    const { status, startTime } = description;
    const isDone = status.name === 'COMPLETED';
    return isDone || status.name === 'RUNNING' ? { at: startTime, isDone } : null;
  }
}
