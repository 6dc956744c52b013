import { createHash } from 'node:crypto';
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { executionInfoFromRaw } from '@temporalio/client/lib/helpers.js';
import { hasLabel, isSearchable, OTHER_LABELS } from '../domain/labels.ts';
import { isEnded, SESSION_STATUSES, type SessionStatus } from '../domain/session.ts';
import type { ProviderName } from '../domain/sessions.ts';
import { equals, erasureId, SEARCH_ATTRIBUTES } from '../workflows/messages.ts';
import { inTime } from './in-time.ts';
import { Problem } from './problem.ts';
import type { SessionReader } from './session-reader.ts';
import { SessionMemoSchema, type Session } from './session-schema.ts';
import { asTemporalSays } from './stored-session.ts';

/** What a session must be to be listed; times are RFC 3339. */
export type SessionFilter = {
  readonly provider?: ProviderName | undefined;
  readonly status?: SessionStatus | undefined;
  readonly channel?: string | undefined;
  readonly startedSince?: string | undefined;
  readonly changedSince?: string | undefined;
  /** Labels, as `name=value`, of which a session must have all. */
  readonly metadata?: readonly string[] | undefined;
};

export type SessionPage = {
  readonly sessions: Session[];
  /** Where the list goes on; null = nowhere. */
  readonly nextPageToken: string | null;
};

export type SessionListOptions = { readonly client: Client; readonly sessions: SessionReader };

/** A long session's last run began after the session; the clocks of the API and of Temporal differ a little. */
const CLOCKS_DIFFER_MS = 60_000;
/** How many pages in a row may have nothing to show before the caller has to ask for the next one. */
const EMPTY_PAGES = 5;
const FINGERPRINT_BYTES = 8;
const SESSION_TYPES = "WorkflowType IN ('liveSession', 'recordingSession', 'vonageCall')";

/** All sessions, as Temporal's visibility has them, which lags behind by a moment. */
export class SessionList {
  readonly #options: SessionListOptions;

  constructor(options: SessionListOptions) {
    this.#options = options;
  }

  /** What goes on comes first, the newest before the others; then what is over, the last that ended first. Throws Problem. */
  async page(
    filter: SessionFilter,
    pageSize: number,
    pageToken: string | undefined,
  ): Promise<SessionPage> {
    const query = queryOf(filter);
    const place = pageToken === undefined ? null : placeOf(pageToken, query);
    // No channel has such a character, and not every store takes it.
    if (filter.channel !== undefined && !isSearchable(filter.channel)) {
      return { sessions: [], nextPageToken: null };
    }
    let next: Uint8Array | null = place;
    for (let pages = 0; ; pages += 1) {
      const { infos, nextPageToken } = await this.#ask(query, pageSize, next);
      next = nextPageToken;
      const sessions = await this.#withoutErased(
        infos.flatMap((info) => this.#shown(info, filter)),
      );
      if (sessions.length > 0 || next === null || pages >= EMPTY_PAGES) {
        return { sessions, nextPageToken: next && tokenOf(next, query) };
      }
    }
  }

  async #ask(query: string, pageSize: number, place: Uint8Array | null) {
    const { client } = this.#options;
    const { namespace, loadedDataConverter } = client.options;
    return inTime(client, async () => {
      const answer = await client.workflowService.listWorkflowExecutions({
        namespace,
        query,
        pageSize,
        ...(place && { nextPageToken: place }),
      });
      const infos = await Promise.all(
        answer.executions.map((raw) =>
          executionInfoFromRaw(raw, loadedDataConverter, raw, namespace),
        ),
      );
      const { nextPageToken } = answer;
      return { infos, nextPageToken: nextPageToken?.length > 0 ? nextPageToken : null };
    });
  }

  /** The session as `GET` shows it, but for what only its pending activities know; nothing where it is not what is asked for. */
  #shown(info: WorkflowExecutionInfo, filter: SessionFilter): Found[] {
    const memo = SessionMemoSchema.safeParse(info.memo);
    if (!memo.success) return [];
    const session = this.#options.sessions.shown(
      asTemporalSays(memo.data.session, info),
      info.runId,
    );
    return isWanted(session, filter) ? [{ session, closedAt: info.closeTime }] : [];
  }

  /** Temporal takes about a minute to delete what was erased. */
  async #withoutErased(found: readonly Found[]): Promise<Session[]> {
    const { client } = this.#options;
    const ids = new Set(
      found.filter(({ closedAt }) => closedAt).map(({ session }) => erasureId(session.id)),
    );
    if (ids.size === 0) return found.map(({ session }) => session);
    const list = [...ids].map((id) => `'${id.replaceAll("'", "''")}'`).join(', ');
    const query = `WorkflowType = 'eraseSession' AND ExecutionStatus = 'Completed' AND WorkflowId IN (${list})`;
    const erasedAt = new Map<string, Date>();
    await inTime(client, async () => {
      for await (const { workflowId, startTime } of client.workflow.list({ query })) {
        const known = erasedAt.get(workflowId);
        if (!known || known < startTime) erasedAt.set(workflowId, startTime);
      }
    });
    const isLeft = ({ session, closedAt }: Found) => {
      const at = erasedAt.get(erasureId(session.id));
      return at === undefined || closedAt === undefined || at < closedAt;
    };
    return found.filter(isLeft).map(({ session }) => session);
  }
}

type Found = { readonly session: Session; readonly closedAt: Date | undefined };

/** The filter for Temporal, which finds at least what is wanted. A run that another one carries on is no session of its own. */
function queryOf(filter: SessionFilter): string {
  const { provider, status, channel, startedSince, changedSince, metadata = [] } = filter;
  const parts = [SESSION_TYPES, "ExecutionStatus != 'ContinuedAsNew'"];
  parts.push(
    provider === undefined
      ? `${SEARCH_ATTRIBUTES.provider.name} IS NOT NULL`
      : equals(SEARCH_ATTRIBUTES.provider, provider),
  );
  if (status !== undefined) parts.push(ofStatus(status));
  if (channel !== undefined) parts.push(equals(SEARCH_ATTRIBUTES.channel, channel));
  if (startedSince !== undefined) {
    parts.push(`StartTime >= '${since(startedSince, CLOCKS_DIFFER_MS)}'`);
  }
  if (changedSince !== undefined) {
    // What an operator terminated has changed, too, and could not say so. What is open closes late, in SQL.
    const closed = `CloseTime >= '${since(changedSince)}' AND ExecutionStatus != 'Running'`;
    const changed = `${SEARCH_ATTRIBUTES.changedAt.name} >= '${since(changedSince)}'`;
    parts.push(`(${changed} OR (${closed}))`);
  }
  for (const label of metadata) parts.push(ofLabel(label));
  return parts.join(' AND ');
}

function since(time: string, marginMs = 0): string {
  return new Date(Date.parse(time) - marginMs).toISOString();
}

/** A session whose workflow ended from outside is `failed`, whatever its status was last. */
function ofStatus(status: SessionStatus): string {
  const ofAttribute = equals(SEARCH_ATTRIBUTES.status, status);
  if (status === 'failed') {
    const open = SESSION_STATUSES.filter((each) => !isEnded(each)).map((each) => `'${each}'`);
    const wasOpen = `${SEARCH_ATTRIBUTES.status.name} IN (${open.join(', ')})`;
    return `(${ofAttribute} OR (${wasOpen} AND ExecutionStatus != 'Running'))`;
  }
  return isEnded(status) ? ofAttribute : `${ofAttribute} AND ExecutionStatus = 'Running'`;
}

function ofLabel(label: string): string {
  const others = equals(SEARCH_ATTRIBUTES.labels, OTHER_LABELS);
  if (!isSearchable(label)) return others;
  return `(${equals(SEARCH_ATTRIBUTES.labels, label)} OR ${others})`;
}

/** What Temporal can't tell exactly: its stores may not mind the case of a label, nor know when a long session began. */
function isWanted(
  session: Session,
  { status, startedSince, metadata = [] }: SessionFilter,
): boolean {
  if (status !== undefined && session.status !== status) return false;
  if (startedSince !== undefined && Date.parse(session.createdAt) < Date.parse(startedSince)) {
    return false;
  }
  return metadata.every((label) => hasLabel(session.metadata, label));
}

/** A place in the list of what `query` finds, for the caller to bring back. */
function tokenOf(place: Uint8Array, query: string): string {
  return Buffer.concat([fingerprint(query), place]).toString('base64url');
}

function placeOf(token: string, query: string): Uint8Array {
  const bytes = Buffer.from(token, 'base64url');
  const isOurs = bytes.toString('base64url') === token && bytes.length > FINGERPRINT_BYTES;
  const isOfQuery = bytes.subarray(0, FINGERPRINT_BYTES).equals(fingerprint(query));
  if (isOurs && isOfQuery) return bytes.subarray(FINGERPRINT_BYTES);
  const message = 'must be the nextPageToken of a list with the same filters';
  throw new Problem('invalid-request', `pageToken ${message}`, {
    errors: [{ path: 'pageToken', message }],
  });
}

function fingerprint(query: string): Buffer {
  return createHash('sha256').update(query).digest().subarray(0, FINGERPRINT_BYTES);
}
