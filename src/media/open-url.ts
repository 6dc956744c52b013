import * as http from 'node:http';
import * as https from 'node:https';
import { PassThrough } from 'node:stream';
import type { Readable } from 'node:stream';
import { ProviderError } from '../providers/errors.ts';
import { retryAfterMs } from '../providers/http.ts';
import { hostFault, isListedPrivate } from './hosts.ts';
import type { MediaHosts } from './hosts.ts';
import { isNotPublic, publicAgent } from './public-agent.ts';

const STALL_MS = 30_000;
const MAX_REDIRECTS = 3;

/** A recording that is being read. */
export type OpenedMedia = {
  readonly stream: Readable;
  /** How many there will be; null = not told. */
  readonly bytes: number | null;
  readonly contentType: string | null;
};

export type OpenUrlOptions = {
  readonly hosts: MediaHosts;
  /** Of the request; asked for once. They may be secret, and go to the URL's own origin only. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>;
  /** Who has the file, for the words of an error. */
  readonly vendor: string;
  readonly signal: AbortSignal;
  /** How long the other side may leave us waiting for a byte; 30 s, unless given. */
  readonly stallMs?: number;
};

type Asking = Omit<OpenUrlOptions, 'headers'> & {
  readonly headers: Readonly<Record<string, string>>;
  readonly stallMs: number;
};

/**
 * Opens the file at `url`, at a host of `hosts` and, unless it is listed as `http://host:port`, at a public address.
 * Throws a ProviderError, as the stream does, or the signal's reason; neither holds the URL's query or a header.
 */
export async function openUrl(url: string, options: OpenUrlOptions): Promise<OpenedMedia> {
  const { hosts, stallMs = STALL_MS, vendor, signal } = options;
  const fault = hostFault(url, hosts);
  if (fault !== null) throw new ProviderError('rejected', `not fetched: ${fault}`);
  signal.throwIfAborted();
  const asking = { ...options, stallMs, headers: await options.headers() };
  let at = new URL(url);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const response = await responseOf(at, asking);
    const location = redirectOf(response);
    if (location === null) return opened(response, asking);
    discard(response);
    at = redirected(at, location, vendor);
  }
  throw new ProviderError('rejected', `${vendor} redirects a download too often`);
}

function responseOf(url: URL, asking: Asking): Promise<http.IncomingMessage> {
  const { hosts, signal, headers, stallMs, vendor } = asking;
  const isPrivate = isListedPrivate(url.href, hosts);
  return new Promise((resolve, reject) => {
    const told = { headers: { 'accept-encoding': 'identity', ...headers }, signal };
    const request = isPrivate
      ? http.get(url, { ...told, agent: new http.Agent() })
      : https.get(url, { ...told, agent: publicAgent() });
    const timer = setTimeout(() => request.destroy(stalled(vendor, stallMs)), stallMs);
    request.on('error', (error) => {
      clearTimeout(timer);
      reject(failureOf(error, url, asking));
    });
    request.on('response', (response) => {
      clearTimeout(timer);
      resolve(response);
    });
  });
}

/** The Location of a redirect, null where the response is none. */
function redirectOf({ statusCode = 0, headers }: http.IncomingMessage): string | null {
  return [301, 302, 303, 307, 308].includes(statusCode) ? (headers.location ?? '') : null;
}

function redirected(from: URL, location: string, vendor: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from.href) : null;
  if (to?.origin === from.origin && to.username === '' && to.password === '') return to;
  const where = to === null ? 'nowhere' : `to another host, ${to.host}`;
  throw new ProviderError('rejected', `${vendor} redirects a download ${where}`);
}

function opened(response: http.IncomingMessage, asking: Asking): OpenedMedia {
  const { statusCode = 0, headers } = response;
  if (statusCode < 200 || statusCode > 299) {
    discard(response);
    throw refusal(statusCode, headers['retry-after'], asking.vendor);
  }
  const length = headers['content-length'] ?? '';
  return {
    stream: patiently(response, asking),
    bytes: /^\d+$/.test(length) ? Number(length) : null,
    contentType: headers['content-type'] ?? null,
  };
}

function discard(response: http.IncomingMessage): void {
  response.on('error', () => {});
  response.destroy();
}

/** The body, which fails when no more of it comes. A reader may be slower than the vendor: that is no stall. */
function patiently(response: http.IncomingMessage, asking: Asking): Readable {
  const { vendor, stallMs } = asking;
  const body = new PassThrough();
  const timer = setTimeout(() => {
    if (body.writableNeedDrain) timer.refresh();
    else body.destroy(stalled(vendor, stallMs));
  }, stallMs);
  response.on('data', () => timer.refresh());
  response.on('end', () => clearTimeout(timer));
  response.on('error', (error) => body.destroy(failureOf(error, null, asking)));
  body.on('close', () => {
    clearTimeout(timer);
    response.destroy();
  });
  return response.pipe(body);
}

function stalled(vendor: string, stallMs: number): ProviderError {
  return new ProviderError('unavailable', `${vendor} sent nothing for ${stallMs / 1_000} s`);
}

function refusal(status: number, retryAfter: string | undefined, vendor: string): ProviderError {
  const message = `${vendor} answered ${status} to a download`;
  const facts = { retryAfterMs: retryAfterMs(retryAfter) };
  if (status === 404) return new ProviderError('not-found', message);
  if (status === 429) return new ProviderError('throttled', message, facts);
  if (status === 408 || status >= 500) return new ProviderError('unavailable', message, facts);
  return new ProviderError('rejected', message);
}

/** What a connection's error means; `url` is null once it has answered. */
function failureOf(error: unknown, url: URL | null, { signal, vendor }: Asking): Error {
  if (signal.aborted) return abortionOf(signal);
  if (error instanceof ProviderError) return error;
  if (url !== null && isNotPublic(error)) {
    return new ProviderError('rejected', `not fetched: ${url.hostname} is at a private address`);
  }
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  const reason = typeof code === 'string' ? code : 'connection failed';
  const what = url === null ? 'a download broke off at' : 'no answer from';
  return new ProviderError('unavailable', `${what} ${vendor}: ${reason}`);
}

function abortionOf({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new Error('stopped');
}
