import { bodyText } from './body-text.ts';
import { ProviderError, type ProviderErrorKind } from './errors.ts';

/** Under every activity's start-to-close time-out, so that we, not Temporal, say how a call ended. */
const TIMEOUT_MS = 10_000;
const LONGEST_WORDS = 500;
/** As much of an answer's words is searched for secrets: what is told of them is at its beginning. */
const SEARCHED_WORDS = 4 * LONGEST_WORDS;
/** A shorter one would be found in words that have nothing to do with it. */
const SHORTEST_SECRET = 4;
/** Far more than any answer has. */
const MAX_BYTES = 8 * 1_024 * 1_024;
/** A vendor that asks for more is asked again all the same: what is to be stopped must not run for days. */
const LONGEST_RETRY_AFTER_MS = 60 * 60_000;
/** The system's codes of connections that never were. */
export const UNSENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
/** What a vendor that echoes a request may echo: Agora's tokens, the header of basic authentication, and a JWT. */
const RTC_TOKEN = /007[\w+/=]{20,}/g;
const CREDENTIALS = /Basic [\w+/=]+|eyJ[\w-]+\.[\w-]+\.[\w-]+/gi;

export type VendorRequest = {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly url: string;
  /** Null = none is sent. */
  readonly authorization: string | null;
  readonly body?: unknown;
  /** What the vendor must not give back to anybody, should it echo the request. */
  readonly secrets: readonly string[];
};

/** A vendor's answer, as it came. `json` is undefined when the body is empty or not JSON. */
export type VendorResponse = {
  readonly status: number;
  readonly json: unknown;
  readonly text: string;
  readonly retryAfterMs: number | undefined;
};

/**
 * Makes one call and returns any answer below 500 but 408, 429 and redirects, which come from somebody on the way.
 * Throws a ProviderError `throttled` for 429, and `unavailable` for the others, for what is not the vendor's JSON, a
 * time-out and a broken connection.
 */
export async function call(request: VendorRequest, vendor: string): Promise<VendorResponse> {
  const response = await send(request, vendor);
  const { status, retryAfterMs: waitMs } = response;
  const isRedirect = status >= 300 && status < 400;
  if (status === 429 || status === 408 || status >= 500 || isRedirect) {
    const kind: ProviderErrorKind = status === 429 ? 'throttled' : 'unavailable';
    throw new ProviderError(kind, vendorWords(response, vendor), { retryAfterMs: waitMs });
  }
  return response;
}

/** Throws what a 4xx answer means: `not-found` for 404, else `rejected`, in the vendor's own words. */
export function refuse(response: VendorResponse, vendor: string): never {
  const kind: ProviderErrorKind = response.status === 404 ? 'not-found' : 'rejected';
  throw new ProviderError(kind, vendorWords(response, vendor), { status: response.status });
}

/** What the vendor said of a failure, whichever of the usual fields it said it in: no secret, and no novel. */
export function vendorWords(response: VendorResponse, vendor: string): string {
  const words = saidBy(response, vendor).slice(0, SEARCHED_WORDS);
  return withoutCredentials(words).slice(0, LONGEST_WORDS);
}

/** A text without what can be told by its form alone to be a credential, whosever it is. */
export function withoutCredentials(text: string): string {
  return text.replaceAll(RTC_TOKEN, '[token]').replaceAll(CREDENTIALS, '[credentials]');
}

function saidBy({ json, status, text }: VendorResponse, vendor: string): string {
  for (const field of ['detail', 'message', 'reason', 'error', 'msg', 'statusMessage']) {
    const words = fieldOf(json, field);
    if (typeof words === 'string' && words !== '') return words;
  }
  const rest = json === undefined ? text.trim() : '';
  return `${vendor} answered ${status}${rest === '' ? '' : `: ${rest}`}`;
}

function fieldOf(json: unknown, field: string): unknown {
  return typeof json === 'object' && json !== null ? Reflect.get(json, field) : undefined;
}

/**
 * Makes one call and returns its answer, whatever its status.
 * Throws a ProviderError `unavailable` for a time-out and a broken connection, and for a success that is neither empty
 * nor JSON, which is somebody else's or a part of one.
 */
export async function send(request: VendorRequest, vendor: string): Promise<VendorResponse> {
  const { method, url, authorization, body } = request;
  try {
    const response = await fetch(url, {
      method,
      headers: {
        ...(authorization === null ? {} : { authorization }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const answered = await bodyText(response, MAX_BYTES);
    if (answered === null) throw unknownForm(vendor);
    const waitMs = retryAfterMs(response.headers.get('retry-after'));
    const text = response.ok ? answered : withoutSecrets(answered, request.secrets);
    const json = parse(text);
    if (response.ok && json === undefined && text.trim() !== '') throw unknownForm(vendor);
    return { status: response.status, text, json, retryAfterMs: waitMs };
  } catch (error) {
    if (error instanceof ProviderError) throw error;
    const reason = reasonOf(error);
    const isUnsent = UNSENT.has(reason);
    throw new ProviderError('unavailable', `no answer from ${vendor}: ${reason}`, {
      isUnsent,
      ...(isLate(error) ? { isTimeout: true } : {}),
    });
  }
}

/** The error of an answer that can't be read: what was asked for may have happened. */
export function unknownForm(vendor: string): ProviderError {
  return new ProviderError('unavailable', `${vendor} answered in a form that we don't know`);
}

/** A vendor's words without our secrets, but for those too short to be told from its words. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .reduce((clean, secret) => clean.replaceAll(secret, '[secret]'), text);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Retry-After, which is in seconds or an HTTP date (RFC 9110), in ms from now; an hour at most, unless given. */
export function retryAfterMs(
  value: string | null | undefined,
  mostMs = LONGEST_RETRY_AFTER_MS,
): number | undefined {
  if (value === null || value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), mostMs) : undefined;
}

/** The system's code of a network error. Its message may hold the URL, and with it a secret. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if (isLate(error)) return `none within ${TIMEOUT_MS / 1_000} s`;
  const code: unknown = error.cause instanceof Error ? Reflect.get(error.cause, 'code') : undefined;
  return typeof code === 'string' ? code : 'connection failed';
}

function isLate(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}
