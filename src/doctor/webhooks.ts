import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Config, InspectedConfig } from '../config.ts';
import { fault, notChecked, risk, well, type Check, type Sight } from './finding.ts';

const TIMEOUT_MS = 8_000;
/** As the API itself says by Retry-After. */
const READY_AGAIN_MS = 2_000;
const PUBLIC_URL = 'DURASCRIBE_PUBLIC_URL';

type Webhook = {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Where its address has to be entered; null = nowhere. */
  readonly entered: string | null;
  /** Without which the API does not have it. */
  readonly variables: string;
};

/** Whether vendors reach the API, and the API takes nothing that they have not signed. */
export function webhookChecks({ config, faults }: InspectedConfig): Check[] {
  const look = async (): Promise<readonly Sight[]> => {
    const webhooks = webhooksOf(config);
    if (config.publicUrl !== null) return lookAt(config.publicUrl, webhooks);
    const isWrong = faults.some(({ variable }) => variable === PUBLIC_URL);
    const because = `${PUBLIC_URL} is ${isWrong ? 'not right' : 'not set'}`;
    return notChecked([PUBLIC_URL, ...webhooks.map(({ path }) => path)], because);
  };
  return [{ subject: PUBLIC_URL, look }];
}

function webhooksOf(config: Config): Webhook[] {
  const { agoraNotificationSecret, transcriptionEventSecret, vonage, providers } = config;
  const agora: Webhook = {
    method: 'POST',
    path: '/webhooks/agora',
    entered: "in Agora's console, Notifications of Real-Time STT",
    variables: 'AGORA_NOTIFICATION_SECRET',
  };
  const videosdk: Webhook = {
    method: 'POST',
    path: '/webhooks/videosdk',
    entered: null,
    variables: 'VIDEOSDK_API_KEY',
  };
  const transcription: Webhook = {
    method: 'POST',
    path: '/webhooks/transcription',
    entered: 'in an API destination of EventBridge, as deploy/aws does',
    variables: 'DURASCRIBE_TRANSCRIPTION_EVENT_SECRET',
  };
  const ofVonage = (method: Webhook['method'], path: string, entered: string | null): Webhook => ({
    method,
    path: `/webhooks/${path}`,
    entered,
    variables: 'VONAGE_APPLICATION_ID',
  });
  return [
    ...(agoraNotificationSecret === null ? [] : [agora]),
    ...(providers.videosdk === null ? [] : [videosdk]),
    ...(transcriptionEventSecret === null ? [] : [transcription]),
    ...(vonage === null
      ? []
      : [
          ofVonage('GET', 'answer', "as answer URL (GET) of the application in Vonage's dashboard"),
          ofVonage(
            'POST',
            'events',
            "as event URL (POST) of the application in Vonage's dashboard",
          ),
          ofVonage('POST', 'recording', null),
        ]),
  ];
}

async function lookAt(publicUrl: string, webhooks: readonly Webhook[]): Promise<Sight[]> {
  const [health, ready, ...answers] = await Promise.all([
    ask('GET', `${publicUrl}/healthz`),
    askWhetherReady(`${publicUrl}/readyz`),
    ...webhooks.map(({ method, path }) => ask(method, publicUrl + path)),
  ]);
  if (typeof health === 'string') {
    const advice = `start the API, and let a proxy or a tunnel lead from ${publicUrl} to it`;
    const paths = webhooks.map(({ path }) => path);
    return [
      fault(PUBLIC_URL, `${publicUrl} does not answer: ${health}`, advice),
      ...notChecked(paths, 'it does not answer'),
    ];
  }
  const isAlive = Health.safeParse(health.json).success;
  // Many a server says that it is healthy.
  const isOurs = webhooks.length === 0 ? isAlive : answers.some((answer) => isProblem(answer));
  if (!isOurs) {
    const found = `somebody answers at ${publicUrl}, but not Durascribe's API (GET /healthz: ${health.status})`;
    const advice = `correct ${PUBLIC_URL}, or let its proxy lead /webhooks/ to the API`;
    const paths = webhooks.map(({ path }) => path);
    return [fault(PUBLIC_URL, found, advice), ...notChecked(paths, 'the API is not there')];
  }
  const shown = isAlive ? 'answers' : 'lets webhooks through, and nothing else';
  return [
    well(PUBLIC_URL, `${publicUrl} ${shown}`),
    ...plainSights(publicUrl),
    ...(isAlive ? readinessSights(ready) : []),
    ...webhooks.map((webhook, index) => webhookSight(publicUrl, webhook, answers[index])),
  ];
}

function plainSights(publicUrl: string): Sight[] {
  if (publicUrl.startsWith('https:')) return [];
  const found = 'is http: what vendors send can be read on its way';
  return [
    risk(PUBLIC_URL, found, 'put a proxy with TLS before the API, and name its https address'),
  ];
}

function readinessSights(ready: Answer | string | undefined): Sight[] {
  if (typeof ready !== 'object') return [];
  if (ready.status === 200) return [well('/readyz', 'the API reaches Temporal')];
  if (ready.status !== 503) return [];
  const detail = Problem.safeParse(ready.json).data?.detail ?? 'it is not ready';
  return [fault('/readyz', `the API says: ${detail}`, "see above, and the API's environment")];
}

function webhookSight(
  publicUrl: string,
  { path, entered, variables }: Webhook,
  answer: Answer | string | undefined,
): Sight {
  if (typeof answer !== 'object') {
    return fault(path, `no answer: ${answer ?? 'none'}`, 'let the proxy lead it to the API');
  }
  if (answer.status === 401 && isProblem(answer)) {
    const told = entered === null ? '; the vendor is told of it each time' : '';
    const advice = entered === null ? null : `enter ${publicUrl}${path} ${entered}`;
    return well(path, `refuses what is not signed (401)${told}`, advice);
  }
  if (answer.status === 404 && isProblem(answer)) {
    const advice = `give the API this environment (${variables}), and start it again`;
    return fault(path, 'the API there does not have it', advice);
  }
  const found = `answers ${answer.status} to what is not signed, where the API answers 401`;
  return fault(path, found, 'let the proxy lead it to the API, unchanged');
}

type Answer = { readonly status: number; readonly type: string; readonly json: unknown };

const Health = z.object({ status: z.literal('ok') });
const Problem = z.object({ detail: z.string() });

function isProblem(answer: Answer | string): boolean {
  return typeof answer === 'object' && answer.type.startsWith('application/problem+json');
}

/** What is not ready, because it has only begun or is busy, is asked again once. */
async function askWhetherReady(url: string): Promise<Answer | string> {
  const answer = await ask('GET', url);
  if (typeof answer === 'string' || answer.status !== 503) return answer;
  await delay(READY_AGAIN_MS);
  return ask('GET', url);
}

/** The answer to a request without any proof; or why there was none. */
async function ask(method: Webhook['method'], url: string): Promise<Answer | string> {
  try {
    const response = await fetch(url, {
      method,
      ...(method === 'POST' ? { body: '{}', headers: { 'content-type': 'application/json' } } : {}),
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const type = response.headers.get('content-type') ?? '';
    return { status: response.status, type, json: parse(await response.text()) };
  } catch (error) {
    if (!(error instanceof Error)) return 'unknown error';
    if (error.name === 'TimeoutError') return `none within ${TIMEOUT_MS / 1_000} s`;
    const code: unknown = error.cause instanceof Error ? Reflect.get(error.cause, 'code') : null;
    return typeof code === 'string' ? code : 'connection failed';
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
