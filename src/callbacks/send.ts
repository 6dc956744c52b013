import * as http from 'node:http';
import * as https from 'node:https';
import { Webhook } from 'standardwebhooks';
import { isNotPublic, publicAgent } from '../media/public-agent.ts';
import { retryAfterMs } from '../providers/http.ts';
import { isListed, receiverFault, type CallbackSettings } from './receivers.ts';

/** The specification asks for 15 to 30 s; a worker that shuts down gives what is under way 15 s. */
const TIMEOUT_MS = 15_000;
/** Those with which a receiver says when it wants to be asked again. */
const RETRY_AFTER_STATUSES = new Set([429, 503]);

export type Message = {
  readonly id: string;
  readonly url: string;
  readonly payload: unknown;
};

/** What has become of a try; `retryAfterMs` is when the receiver wants the next one. */
export type Sent = {
  readonly status: number | null;
  /** Without the URL's path and query, which may be secret. Null = it was a success. */
  readonly error: string | null;
  readonly retryAfterMs: number | null;
};

/** Posts the message once, signed for this moment by every secret. Never throws. */
export async function send(message: Message, settings: CallbackSettings): Promise<Sent> {
  const { url } = message;
  if (settings.secrets.length === 0) return unsent('DURASCRIBE_WEBHOOK_SECRET is not set here');
  const fault = receiverFault(url, settings);
  if (fault !== null) return unsent(`not sent: the URL ${fault}`);
  const body = JSON.stringify(message.payload);
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': 'Durascribe',
    ...signature(message.id, body, settings.secrets),
  };
  const to = new URL(url);
  try {
    return answered(await post(to, headers, body, isListed(url, settings)));
  } catch (error) {
    return unsent(reasonOf(error, to));
  }
}

/** The three headers of the Standard Webhooks specification. */
function signature(id: string, body: string, secrets: readonly string[]) {
  const now = new Date();
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, now, body)).join(' '),
  };
}

type Answer = { readonly status: number; readonly headers: http.IncomingHttpHeaders };

function post(
  url: URL,
  headers: Record<string, string>,
  body: string,
  isTrusted: boolean,
): Promise<Answer> {
  const told = { method: 'POST', headers, signal: AbortSignal.timeout(TIMEOUT_MS) };
  return new Promise((resolve, reject) => {
    const request =
      url.protocol === 'http:'
        ? http.request(url, told)
        : https.request(url, {
            ...told,
            agent: isTrusted ? new https.Agent() : publicAgent(),
          });
    request.on('error', reject);
    request.on('response', (response) => {
      resolve({ status: response.statusCode ?? 0, headers: response.headers });
      // Nothing is done with a body, however long it is.
      response.on('error', () => {});
      response.destroy();
    });
    request.end(body);
  });
}

function answered({ status, headers }: Answer): Sent {
  if (status >= 200 && status < 300) return { status, error: null, retryAfterMs: null };
  const isRedirect = status >= 300 && status < 400;
  const more = isRedirect ? ', and redirects are not followed' : '';
  const mayAsk = RETRY_AFTER_STATUSES.has(status);
  const waitMs = mayAsk ? (retryAfterMs(headers['retry-after'], Infinity) ?? null) : null;
  return { status, error: `it answered ${status}${more}`, retryAfterMs: waitMs };
}

function unsent(error: string): Sent {
  return { status: null, error, retryAfterMs: null };
}

function reasonOf(error: unknown, { hostname }: URL): string {
  if (!(error instanceof Error)) return 'no answer: unknown error';
  if (isNotPublic(error)) return `not sent: ${hostname} is at a private address`;
  if (error.name === 'AbortError') return `no answer within ${TIMEOUT_MS / 1_000} s`;
  const code: unknown = Reflect.get(error, 'code');
  return `no answer: ${typeof code === 'string' ? code : 'connection failed'}`;
}
