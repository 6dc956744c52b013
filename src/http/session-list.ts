import { createHash } from 'node:crypto';
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { executionInfoFromRaw } from '@temporalio/client/lib/helpers.js';
import { z } from 'zod';
import { hasLabel, isSearchable, OTHER_LABELS } from '../domain/labels.ts';
import { isEnded, SESSION_STATUSES, type SessionStatus } from '../domain/session.ts';
import type { ProviderName } from '../domain/sessions.ts';
import { equals, erasureId, isOneOf, SEARCH_ATTRIBUTES } from '../workflows/messages.ts';
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

/** The clocks of the API and of Temporal differ a little, and visibility lags behind. */
const CLOCKS_DIFFER_MS = 60_000;
/** No session was there before, and Temporal knows no time much later. */
const EARLIEST_MS = Date.parse('1970-01-01T00:00:00Z');
const LATEST_MS = Date.parse('2200-01-01T00:00:00Z');
/** How many pages in a row may have nothing to show before the caller has to ask for the next one. */
const EMPTY_PAGES = 5;
const FINGERPRINT_BYTES = 8;
const SESSION_TYPES = isOneOf({ name: 'WorkflowType' }, [
  'liveSession',
  'recordingSession',
  'vonageCall',
]);
const IS_OPEN = "ExecutionStatus = 'Running'";

/** All sessions, as Temporal's visibility has them, which lags behind by a moment. */
export class SessionList {
  readonly #options: SessionListOptions;

  constructor(options: SessionListOptions) {
    this.#options = options;
  }

  /**
   * What goes on comes first, the newest run before the others; then what is over, the last that ended first. A session
   * that goes on in a new run meanwhile is above whoever is on the way down: the list ends with those. Throws Problem.
   */
  async page(
    filter: SessionFilter,
    pageSize: number,
    pageToken: string | undefined,
  ): Promise<SessionPage> {
    const query = queryOf(filter);
    let place =
      pageToken === undefined ? { sinceMs: Date.now(), at: null } : placeOf(pageToken, query);
    // No channel has such a character, and not every store takes it.
    if (filter.channel !== undefined && !isSearchable(filter.channel)) {
      return { sessions: [], nextPageToken: null };
    }
    for (let pages = 0; ; pages += 1) {
      const { infos, next } = await this.#ask(query, pageSize, place);
      const isAgain = place.isAgain === true;
      const found = infos.flatMap((info) => this.#shown(info, filter));
      const sessions = await this.#withoutErased(
        isAgain ? found.filter((each) => each.isLaterRun) : found,
      );
      if (sessions.length > 0 || next === null || pages >= EMPTY_PAGES) {
        return { sessions, nextPageToken: next && tokenOf(next, query) };
      }
      place = next;
    }
  }

  async #ask(ofFilter: string, pageSize: number, place: Place) {
    const { client } = this.#options;
    const { sinceMs, isAgain, at } = place;
    const since = timeOf(sinceMs - CLOCKS_DIFFER_MS);
    const query = isAgain ? `${ofFilter} AND StartTime >= '${since}' AND ${IS_OPEN}` : ofFilter;
    const { namespace, loadedDataConverter } = client.options;
    return inTime(client, async () => {
      const answer = await client.workflowService.listWorkflowExecutions({
        namespace,
        query,
        pageSize,
        ...(at && { nextPageToken: Buffer.from(at, 'base64') }),
      });
      const infos = await Promise.all(
        answer.executions.map((raw) =>
          executionInfoFromRaw(raw, loadedDataConverter, raw, namespace),
        ),
      );
      const next = Buffer.from(answer.nextPageToken ?? []).toString('base64');
      return { infos, next: next === '' ? afterLastPage(place) : { ...place, at: next } };
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
    const isLaterRun = memo.data.isLaterRun === true;
    return isWanted(session, filter) ? [{ session, isLaterRun, closedAt: info.closeTime }] : [];
  }

  /** Temporal takes about a minute to delete what was erased. */
  async #withoutErased(found: readonly Found[]): Promise<Session[]> {
    const { client } = this.#options;
    const ids = new Set(
      found.filter(({ closedAt }) => closedAt).map(({ session }) => erasureId(session.id)),
    );
    if (ids.size === 0) return found.map(({ session }) => session);
    const isOfThem = isOneOf({ name: 'WorkflowId' }, [...ids]);
    const query = `WorkflowType = 'eraseSession' AND ExecutionStatus = 'Completed' AND ${isOfThem}`;
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

type Found = {
  readonly session: Session;
  readonly isLaterRun: boolean;
  readonly closedAt: Date | undefined;
};

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
    parts.push(`StartTime >= '${timeOf(Date.parse(startedSince) - CLOCKS_DIFFER_MS)}'`);
  }
  if (changedSince !== undefined) {
    // What an operator terminated has changed, too, and could not say so. What is open closes late, in SQL.
    const since = timeOf(Date.parse(changedSince));
    const closed = `CloseTime >= '${since}' AND ExecutionStatus != 'Running'`;
    const changed = `${SEARCH_ATTRIBUTES.changedAt.name} >= '${since}'`;
    parts.push(`(${changed} OR (${closed}))`);
  }
  for (const label of metadata) parts.push(ofLabel(label));
  return parts.join(' AND ');
}

function timeOf(ms: number): string {
  return new Date(Math.min(Math.max(ms, EARLIEST_MS), LATEST_MS)).toISOString();
}

/** A session whose workflow ended from outside is `failed`, whatever its status was last. */
function ofStatus(status: SessionStatus): string {
  const ofAttribute = equals(SEARCH_ATTRIBUTES.status, status);
  if (status === 'failed') {
    const open = SESSION_STATUSES.filter((each) => !isEnded(each));
    const wasOpen = isOneOf(SEARCH_ATTRIBUTES.status, open);
    return `(${ofAttribute} OR (${wasOpen} AND ExecutionStatus != 'Running'))`;
  }
  return isEnded(status) ? ofAttribute : `${ofAttribute} AND ${IS_OPEN}`;
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

const PlaceSchema = z.object({
  /** When the first page was asked for. */
  sinceMs: z.number(),
  /** Whether all were listed, and those follow that have gone on in a new run since. */
  isAgain: z.literal(true).optional(),
  /** Temporal's own place, in base64; null = at the beginning. */
  at: z.string().nullable(),
});
type Place = z.infer<typeof PlaceSchema>;

/** Null = the list is over: what was one page needs no second look. */
function afterLastPage({ sinceMs, isAgain, at }: Place): Place | null {
  return isAgain === true || at === null ? null : { sinceMs, isAgain: true, at: null };
}

/** A place in the list of what `query` finds, for the caller to bring back. */
function tokenOf(place: Place, query: string): string {
  const text = JSON.stringify(place);
  return Buffer.concat([fingerprint(query + text), Buffer.from(text)]).toString('base64url');
}

function placeOf(token: string, query: string): Place {
  const bytes = Buffer.from(token, 'base64url');
  const text = bytes.subarray(FINGERPRINT_BYTES).toString();
  const isOurs = bytes.toString('base64url') === token;
  const isWhole = bytes.subarray(0, FINGERPRINT_BYTES).equals(fingerprint(query + text));
  if (isOurs && isWhole) return PlaceSchema.parse(JSON.parse(text));
  const message = 'must be the nextPageToken of a list with the same filters';
  throw new Problem('invalid-request', `pageToken ${message}`, {
    errors: [{ path: 'pageToken', message }],
  });
}

function fingerprint(text: string): Buffer {
  return createHash('sha256').update(text).digest().subarray(0, FINGERPRINT_BYTES);
}
