import { z } from 'zod';
import { saying, taskId, time } from '../answers.ts';
import { ProviderError } from '../errors.ts';
import { secretsOf, type AgoraSettings } from './settings.ts';
import {
  call,
  refuse,
  unknownForm,
  vendorWords,
  type VendorRequest,
  type VendorResponse,
} from '../http.ts';

/** Tasks in these states run or are about to (v7, list: the integers of `state`). */
export const LIVE_STATES = [1, 2, 5] as const;
export const STATE_STOPPED = 4;
export const STATE_FAILED = 6;

/** The reference has a default of 20, and no maximum. */
const LONGEST_PAGE = 100;

const VENDOR = 'Agora';

/** Up to 20,000 agents of a project: more pages than that are no list. */
const MOST_PAGES = 200;

const AgentReply = z.object({ agent_id: taskId, create_ts: time });
const QueryReply = z.object({ status: z.string(), message: saying });
const ListedAgent = z.object({
  agent_id: taskId,
  start_ts: time,
  name: z.string().optional().catch(undefined),
});
const ListReply = z.object({
  // One that can't be read must not hide the others.
  data: z.object({ list: z.array(ListedAgent.nullable().catch(null)).nullish() }),
  meta: z
    .object({ cursor: z.union([z.string(), z.number().transform(String)]).nullish() })
    .nullish()
    .catch(null),
});

export type Agent = z.infer<typeof AgentReply>;
export type ListedAgent = z.infer<typeof ListedAgent>;

type AgoraAccount = Pick<AgoraSettings, 'baseUrl' | 'appId' | 'customerId' | 'customerSecret'>;

/** Agora Real-Time STT v7 over HTTP: one method a route, nothing more. Throws ProviderError. */
export class AgoraClient {
  readonly #base: string;
  readonly #authorization: string;
  readonly #secrets: readonly string[];

  constructor(account: AgoraSettings) {
    this.#base = `${account.baseUrl}/api/speech-to-text/v1/projects/${encodeURIComponent(account.appId)}`;
    this.#authorization = basicAuthorization(account);
    this.#secrets = secretsOf(account);
  }

  /** The new agent; or, from a 409, the one that already has the name (null when the answer doesn't tell). */
  async join(body: unknown): Promise<{ agent: Agent | null; conflict: boolean }> {
    const response = await this.#send({ method: 'POST', path: '/join', body });
    if (response.status === 409) {
      return { agent: AgentReply.safeParse(response.json).data ?? null, conflict: true };
    }
    return { agent: read(response, AgentReply), conflict: false };
  }

  async query(agentId: string): Promise<z.infer<typeof QueryReply>> {
    const path = `/agents/${encodeURIComponent(agentId)}`;
    return read(await this.#send({ method: 'GET', path }), QueryReply);
  }

  /** Every agent of `channel` in `state` that started within a day (the vendor's default window). */
  async list(channel: string, state: number): Promise<ListedAgent[]> {
    return this.#list({ channel, state: String(state) });
  }

  /** Every agent of the project in `state` that started since (Unix time in seconds). */
  async listAll(state: number, sinceSeconds: number): Promise<ListedAgent[]> {
    return this.#list({
      from_time: String(sinceSeconds),
      state: String(state),
      limit: String(LONGEST_PAGE),
    });
  }

  async #list(filter: Record<string, string>): Promise<ListedAgent[]> {
    let agents: ListedAgent[] = [];
    let cursor: string | undefined;
    for (let pages = 0; pages < MOST_PAGES; pages += 1) {
      const search = new URLSearchParams(filter);
      if (cursor !== undefined) search.set('cursor', cursor);
      const page = read(
        await this.#send({ method: 'GET', path: `/agents?${search.toString()}` }),
        ListReply,
      );
      const list = page.data.list ?? [];
      agents = agents.concat(list.filter((agent) => agent !== null));
      cursor = list.length === 0 ? '' : (page.meta?.cursor ?? '');
      if (cursor === '') return agents;
    }
    throw new ProviderError('unavailable', `the list of ${VENDOR} does not end`);
  }

  async update(
    agentId: string,
    sequenceId: number,
    updateMask: readonly string[],
    body: unknown,
  ): Promise<void> {
    const search = new URLSearchParams({
      sequenceId: String(sequenceId),
      updateMask: updateMask.join(','),
    });
    const path = `/agents/${encodeURIComponent(agentId)}/update?${search.toString()}`;
    const response = await this.#send({ method: 'POST', path, body });
    if (response.status >= 300)
      throw staleSequence(response, sequenceId) ?? refuse(response, VENDOR);
  }

  async leave(agentId: string): Promise<void> {
    const path = `/agents/${encodeURIComponent(agentId)}/leave`;
    const response = await this.#send({ method: 'POST', path });
    if (response.status >= 300) refuse(response, VENDOR);
  }

  async #send(
    request: Pick<VendorRequest, 'method' | 'body'> & { path: string },
  ): Promise<VendorResponse> {
    const { path, ...rest } = request;
    return call(
      {
        ...rest,
        url: this.#base + path,
        authorization: this.#authorization,
        secrets: this.#secrets,
      },
      VENDOR,
    );
  }
}

/** Reads a success; throws what any other status means. A success that we can't read may have happened. */
function read<T>(response: VendorResponse, schema: z.ZodType<T>): T {
  if (response.status >= 300) refuse(response, VENDOR);
  const reply = schema.safeParse(response.json);
  if (reply.success) return reply.data;
  throw unknownForm(VENDOR);
}

/**
 * The answer to a repeated or lower sequence id is not documented: a refusal counts as one when it speaks of the
 * sequence and names an id that is not below ours.
 */
export function staleSequence(response: VendorResponse, sequenceId: number): ProviderError | null {
  const words = vendorWords(response, VENDOR);
  if (!/sequence/i.test(words)) return null;
  const numbers = words.match(/\d+/g)?.map(Number) ?? [];
  const lastSequenceId = Math.max(...numbers.filter((number) => number < 1_000_000));
  if (lastSequenceId < sequenceId) return null;
  return new ProviderError('rejected', words, { lastSequenceId });
}

/** The header of Agora's RESTful APIs, from a customer's id and secret. */
export function basicAuthorization(account: AgoraAccount): string {
  const pair = `${account.customerId}:${account.customerSecret}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
