import { ProviderError, type ProviderErrorKind } from './errors.ts';

/** Under every activity's start-to-close time-out, so that we, not Temporal, say how a call ended. */
const TIMEOUT_MS = 10_000;
const LONGEST_WORDS = 500;
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
 * Makes one call and returns any answer below 500 but 408 and 429.
 * Throws a ProviderError `throttled` for 429, and `unavailable` for 408, 5xx, a time-out and a broken connection.
 */
export async function call(request: VendorRequest, vendor: string): Promise<VendorResponse> {
  const response = await send(request, vendor);
  const { status, retryAfterMs: waitMs } = response;
  if (status === 429 || status === 408 || status >= 500) {
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
  return saidBy(response, vendor)
    .replaceAll(RTC_TOKEN, '[token]')
    .replaceAll(CREDENTIALS, '[credentials]')
    .slice(0, LONGEST_WORDS);
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
 * Throws a ProviderError `unavailable` for a time-out and a broken connection.
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
    const answered = await response.text();
    const waitMs = retryAfterMs(response.headers.get('retry-after'));
    const text = response.ok ? answered : withoutSecrets(answered, request.secrets);
    return { status: response.status, text, json: parse(text), retryAfterMs: waitMs };
  } catch (error) {
    const reason = reasonOf(error);
    const isUnsent = UNSENT.has(reason);
    throw new ProviderError('unavailable', `no answer from ${vendor}: ${reason}`, { isUnsent });
  }
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((clean, secret) => clean.replaceAll(secret, '[secret]'), text);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Retry-After, which is in seconds or an HTTP date (RFC 9110), in ms from now. */
export function retryAfterMs(value: string | null | undefined): number | undefined {
  if (value === null || value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(ms, 0) : undefined;
}

/** The system's code of a network error. Its message may hold the URL, and with it a secret. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if (error.name === 'TimeoutError') return `none within ${TIMEOUT_MS / 1_000} s`;
  const code: unknown = error.cause instanceof Error ? Reflect.get(error.cause, 'code') : undefined;
  return typeof code === 'string' ? code : 'connection failed';
}
