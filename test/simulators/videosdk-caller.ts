import { SignJWT } from 'jose';
import { onTestFinished } from 'vitest';
import { SIMULATED_VIDEOSDK } from '../../simulators/credentials.ts';
import { createVideosdkSimulator } from '../../simulators/videosdk/simulator.ts';
import type {
  VideosdkSimulator,
  VideosdkSimulatorOptions,
} from '../../simulators/videosdk/simulator.ts';
import type { Json } from './agora-caller.ts';

export type { Json } from './agora-caller.ts';
type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

type Reply = {
  readonly status: number;
  /** Empty for an answer that isn't JSON. */
  readonly body: Json;
  readonly text: string;
  readonly headers: Headers;
};

export type VideosdkCaller = {
  readonly simulator: VideosdkSimulator;
  readonly url: string;
  /** Moves the simulator's clock, in ms. */
  advance(ms: number): void;
  /** Any path of the simulator, with no token. */
  request(method: Method, path: string, body?: unknown, headers?: Json): Promise<Reply>;
  /** A path below the transcriptions, with a good token. */
  api(method: Method, path: string, body?: unknown): Promise<Reply>;
  /** Starts in room `room` if no other is given, and expects it to work; returns the id. */
  start(body?: Json): Promise<string>;
  /** A token that is good but for these claims; undefined leaves one out. */
  token(claims?: Json, secret?: string, alg?: string): Promise<string>;
};

export const TRANSCRIPTIONS = '/ai/v1/realtime-transcriptions';
const HOUR_SECONDS = 3_600;

/** A simulator that listens on a free port, with a clock that only the test moves. */
export async function videosdkCaller(
  options: Partial<VideosdkSimulatorOptions> = {},
): Promise<VideosdkCaller> {
  let nowMs = Date.now();
  const simulator = createVideosdkSimulator({
    ...SIMULATED_VIDEOSDK,
    now: () => nowMs,
    ...options,
  });
  const url = await simulator.app.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => simulator.close());

  const request: VideosdkCaller['request'] = async (method, path, body, headers = {}) => {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(path.startsWith('http') ? path : `${url}${path}`, {
      method,
      headers: Object.entries({ ...type, ...headers }).map(([name, value]) => [
        name,
        String(value),
      ]),
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    const parsed: Json = isJson ? JSON.parse(text) : {};
    return { status: response.status, body: parsed, text, headers: response.headers };
  };
  const token: VideosdkCaller['token'] = (
    claims = {},
    secret = SIMULATED_VIDEOSDK.secret,
    alg = 'HS256',
  ) => {
    const iat = Math.floor(nowMs / 1_000);
    return new SignJWT({
      apikey: SIMULATED_VIDEOSDK.apiKey,
      permissions: ['allow_join'],
      version: 2,
      roles: ['crawler'],
      iat,
      exp: iat + HOUR_SECONDS,
      ...claims,
    })
      .setProtectedHeader({ alg })
      .sign(new TextEncoder().encode(secret));
  };
  const api: VideosdkCaller['api'] = async (method, path, body) =>
    request(method, `${TRANSCRIPTIONS}${path}`, body, { authorization: await token() });
  return {
    simulator,
    url,
    advance: (ms) => {
      nowMs += ms;
    },
    request,
    api,
    start: async (body = {}) => {
      const reply = await api('POST', '/start', { roomId: 'room', ...body });
      if (reply.status !== 200) throw new Error(reply.text);
      return String(reply.body['id']);
    },
    token,
  };
}

/** The rules that the simulator saw broken, in order. */
export function rulesBroken({ simulator }: VideosdkCaller): string[] {
  return simulator.ledger().violations.map(({ rule }) => rule);
}
