import { createHash, createPrivateKey, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { jwtVerify, SignJWT } from 'jose';
import type { JWTPayload } from 'jose';
import { onTestFinished } from 'vitest';
import { SIMULATED_VONAGE } from '../../simulators/credentials.ts';
import type { CallRequest } from '../../simulators/vonage/call-request.ts';
import { newApplicationKey } from '../../simulators/vonage/application-key.ts';
import { createVonageSimulator } from '../../simulators/vonage/simulator.ts';
import type { VonageSimulator, VonageSimulatorOptions } from '../../simulators/vonage/simulator.ts';
import { listen } from '../support/listen.ts';

export type Json = Record<string, unknown>;

/** What an action of an NCCO may be, also where it is wrong. */
export type Action = Json & { readonly action: string };

/** A webhook as the application got it. */
export type Received = {
  readonly method: string;
  readonly path: string;
  readonly query: Json;
  readonly body: Json;
  readonly raw: string;
  readonly token: string | undefined;
  /** Of a valid token; what is wrong with it otherwise. */
  readonly claims: JWTPayload | string;
};

/** How the application answers: with a status, never, or with another NCCO. */
type Reaction = number | 'hang' | { readonly ncco: unknown };

export type Application = {
  readonly simulator: VonageSimulator;
  /** Of the simulator. */
  readonly url: string;
  /** Of the application. */
  readonly ownUrl: string;
  readonly received: readonly Received[];
  /** Moves the simulator's clock, in ms. */
  advance(ms: number): void;
  /** How the next webhooks of a path are answered, in turn. */
  react(path: string, ...reactions: Reaction[]): void;
  /** The NCCO of each call from now on. */
  answerWith(ncco: unknown): void;
  /** Downloads with the application's token, or another. */
  download(url: string, token?: string | null, headers?: Record<string, string>): Promise<Response>;
  token(changes?: TokenChanges): Promise<string>;
  /** Any path of the simulator. */
  request(method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }>;
};

type TokenChanges = {
  readonly applicationId?: string;
  readonly claims?: Json;
  readonly privateKey?: string;
  readonly expiresInSeconds?: number;
};

const KEY = newApplicationKey();

/** An application whose webhooks check what they get, called by a simulator that listens. */
export async function vonageApplication(
  options: Partial<VonageSimulatorOptions> = {},
): Promise<Application> {
  let nowMs = Date.now();
  const now = options.now ?? (() => nowMs);
  const received: Received[] = [];
  const reactions = new Map<string, Reaction[]>();
  let ncco: unknown;
  const ownUrl = await listen(async (request, response) => {
    const webhook = await read(request, now());
    received.push(webhook);
    const reaction = reactions.get(webhook.path)?.shift();
    if (reaction === 'hang') return;
    if (typeof reaction === 'number') response.writeHead(reaction).end();
    else if (webhook.path !== '/answer') response.writeHead(204).end();
    else response.end(JSON.stringify(reaction ? reaction.ncco : ncco));
  });
  ncco = [recordAction(ownUrl), CONNECT];
  const simulator = createVonageSimulator({
    ...SIMULATED_VONAGE,
    publicKey: KEY.publicKey,
    answerUrl: `${ownUrl}/answer`,
    eventUrl: `${ownUrl}/events`,
    delivery: { retryGapMs: 5 },
    now,
    ...options,
  });
  const url = await simulator.app.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => simulator.close());
  const token: Application['token'] = (changes) => applicationToken(now(), changes);
  return {
    simulator,
    url,
    ownUrl,
    received,
    advance: (ms) => {
      nowMs += ms;
    },
    react: (path, ...more) => reactions.set(path, more),
    answerWith: (other) => {
      ncco = other;
    },
    download: async (file, given, headers = {}) => {
      const bearer = given === undefined ? await token() : given;
      return fetch(file, {
        redirect: 'manual',
        headers: { ...headers, ...(bearer !== null && { authorization: `Bearer ${bearer}` }) },
      });
    },
    token,
    request: async (method, path, body) => {
      const response = await fetch(`${url}${path}`, {
        method,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
    },
  };
}

export const CONNECT: Action = {
  action: 'connect',
  endpoint: [{ type: 'phone', number: '447700900003' }],
};

export function recordAction(ownUrl: string, changes: Json = {}): Action {
  return {
    action: 'record',
    split: 'conversation',
    channels: 2,
    format: 'mp3',
    eventUrl: [`${ownUrl}/recording`],
    ...changes,
  };
}

/** The webhooks of a path, in the order in which they came. */
export function webhooksTo({ received }: Application, path: string): Received[] {
  return received.filter((webhook) => webhook.path === path);
}

/** The statuses that were told, with the direction of the leg. */
export function eventsOf(application: Application): string[] {
  return webhooksTo(application, '/events').map(
    ({ body }) => `${String(body['direction'])} ${String(body['status'])}`,
  );
}

/** The rules that the simulator saw broken, in order. */
export function rulesBroken({ simulator }: Application): string[] {
  return simulator.ledger().violations.map(({ rule }) => rule);
}

/** A call that has been recorded. */
export async function recorded(
  call: CallRequest = {},
  options: { readonly ranges?: 'served' } = {},
  record: Json = {},
): Promise<{ application: Application; url: string; size: number }> {
  const application = await vonageApplication(options);
  application.answerWith([recordAction(application.ownUrl, record)]);
  await application.simulator.placeCall(call).done;
  const size = application.simulator.ledger().calls[0]?.recording?.size ?? 0;
  const url = String(webhooksTo(application, '/recording')[0]?.body['recording_url']);
  return { application, url, size };
}

async function applicationToken(
  nowMs: number,
  {
    applicationId = SIMULATED_VONAGE.applicationId,
    claims = {},
    privateKey = KEY.privateKey,
    expiresInSeconds = 900,
  }: TokenChanges = {},
): Promise<string> {
  const iat = Math.floor(nowMs / 1000);
  const exp = iat + expiresInSeconds;
  return new SignJWT({ application_id: applicationId, iat, jti: randomUUID(), exp, ...claims })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
    .sign(createPrivateKey(privateKey));
}

/** Checks in the order that Vonage documents: signature, whose it is, its age, the payload. */
async function read(request: IncomingMessage, nowMs: number): Promise<Received> {
  request.setEncoding('utf8');
  let raw = '';
  for await (const text of request) raw += String(text);
  const url = new URL(request.url ?? '/', 'http://application');
  const query = Object.fromEntries(url.searchParams);
  const [, token] = (request.headers.authorization ?? '').split(' ');
  const payload = request.method === 'GET' ? JSON.stringify(query) : raw;
  return {
    method: request.method ?? '',
    path: url.pathname,
    query,
    body: raw === '' ? {} : JSON.parse(raw),
    raw,
    token,
    claims: await verified(token, payload, nowMs),
  };
}

async function verified(
  token: string | undefined,
  payload: string,
  nowMs: number,
): Promise<JWTPayload | string> {
  if (token === undefined) return 'unsigned';
  const { apiKey, applicationId, signatureSecret } = SIMULATED_VONAGE;
  const secret = new TextEncoder().encode(signatureSecret);
  try {
    const { payload: claims } = await jwtVerify(token, secret, {
      algorithms: ['HS256'],
      issuer: 'Vonage',
      requiredClaims: ['jti'],
      currentDate: new Date(nowMs),
      maxTokenAge: 60,
    });
    if (claims['api_key'] !== apiKey) return 'api_key';
    if (claims['application_id'] !== applicationId) return 'application_id';
    const hash = createHash('sha256').update(payload).digest('hex');
    return claims['payload_hash'] === hash ? claims : 'payload_hash';
  } catch (error) {
    return error instanceof Error ? error.message : 'no token';
  }
}
