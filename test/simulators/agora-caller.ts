import agora from 'agora-token';
import { onTestFinished } from 'vitest';
import { createAgoraSimulator } from '../../simulators/agora/simulator.ts';
import type { AgoraSimulator, AgoraSimulatorOptions } from '../../simulators/agora/simulator.ts';
import { SIMULATED_AGORA } from '../../simulators/credentials.ts';

export type Json = Record<string, unknown>;
export type Reply = { readonly status: number; readonly body: Json; readonly headers: Headers };
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export type Caller = {
  readonly simulator: AgoraSimulator;
  readonly url: string;
  /** Moves the simulator's clock, in ms. */
  advance(ms: number): void;
  /** Any path of the simulator. */
  request(method: Method, path: string, body?: unknown, headers?: Json): Promise<Reply>;
  /** A path below the project's in the v7 API, with credentials. */
  api(method: Method, path: string, body?: unknown): Promise<Reply>;
  /** A path below the project's in the legacy API, with credentials. */
  legacy(method: Method, path: string, body?: unknown): Promise<Reply>;
  join(body?: Json): Promise<string>;
  update(agentId: string, sequenceId: number, body: Json, mask?: string): Promise<Reply>;
};

/** What the simulator wants between a start, or an update, and the next update. */
export const SPACING_MS = 5_000;

const CREDENTIALS = Buffer.from(
  `${SIMULATED_AGORA.customerId}:${SIMULATED_AGORA.customerSecret}`,
).toString('base64');

/** A simulator that listens on a free port, with a clock that only the test moves. */
export async function agoraCaller(options: Partial<AgoraSimulatorOptions> = {}): Promise<Caller> {
  let nowMs = Date.now();
  const simulator = createAgoraSimulator({ ...SIMULATED_AGORA, now: () => nowMs, ...options });
  const url = await simulator.app.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => simulator.close());

  const request: Caller['request'] = async (method, path, body, headers = {}) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: Object.entries(headers).map(([name, value]) => [name, String(value)]),
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const parsed: Json = text === '' ? {} : JSON.parse(text);
    return { status: response.status, body: parsed, headers: response.headers };
  };
  const below =
    (project: string): Caller['api'] =>
    (method, path, body) =>
      request(method, `${project}${path}`, body, { authorization: `Basic ${CREDENTIALS}` });
  const api = below(`/api/speech-to-text/v1/projects/${SIMULATED_AGORA.appId}`);
  return {
    simulator,
    url,
    advance: (ms) => {
      nowMs += ms;
    },
    request,
    api,
    legacy: below(`/v1/projects/${SIMULATED_AGORA.appId}/rtsc/speech-to-text`),
    join: async (body = joinBody()) => {
      const reply = await api('POST', '/join', body);
      if (reply.status !== 200) throw new Error(JSON.stringify(reply.body));
      return String(reply.body['agent_id']);
    },
    update: (agentId, sequenceId, body, mask = Object.keys(body).join(',')) =>
      api('POST', `/agents/${agentId}/update?sequenceId=${sequenceId}&updateMask=${mask}`, body),
  };
}

type TokenOptions = {
  readonly channel?: string;
  readonly uid?: number;
  readonly role?: number;
  readonly seconds?: number;
  readonly appId?: string;
  readonly certificate?: string;
};

/** A token made by Agora's own library; by default one that `joinBody` may use. */
export function rtcToken({
  channel = 'room',
  uid = 7,
  role = agora.RtcRole.PUBLISHER,
  seconds = 3600,
  appId = SIMULATED_AGORA.appId,
  certificate = SIMULATED_AGORA.appCertificate,
}: TokenOptions = {}): string {
  const { buildTokenWithUid } = agora.RtcTokenBuilder;
  return buildTokenWithUid.call(
    agora.RtcTokenBuilder,
    appId,
    certificate,
    channel,
    uid,
    role,
    seconds,
    0,
  );
}

/** A valid join of channel `room` by bot 7; `rtcConfig` is merged, the rest replaced. */
export function joinBody({ rtcConfig, ...rest }: { rtcConfig?: Json } & Json = {}): Json {
  return {
    name: 'session-1',
    languages: ['en-US'],
    rtcConfig: { channelName: 'room', pubBotUid: '7', pubBotToken: rtcToken(), ...rtcConfig },
    ...rest,
  };
}

/** A valid join of any channel by any bot. */
export function joinOf(name: string, channelName: string, uid = 7): Json {
  const pubBotToken = rtcToken({ channel: channelName, uid });
  return joinBody({ name, rtcConfig: { channelName, pubBotUid: String(uid), pubBotToken } });
}

/** The rules that the simulator saw broken, in order. */
export function rulesBroken({ simulator }: Caller): string[] {
  return simulator.ledger().violations.map(({ rule }) => rule);
}
