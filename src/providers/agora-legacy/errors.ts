import { taskId } from '../answers.ts';
import { ProviderError, type ErrorFacts, type ProviderErrorKind } from '../errors.ts';
import { vendorWords, type VendorResponse } from '../http.ts';

/** What an answer that is no success means to the call that got it. */
export type Meaning =
  | { readonly kind: 'already-running'; readonly taskId: string | null }
  | { readonly kind: 'gone' }
  | { readonly kind: 'error'; readonly error: ProviderError };

type Row = {
  readonly kind: ProviderErrorKind | 'already-running' | 'gone';
  readonly facts?: ErrorFacts;
};

/** The vendor wants the same call again after 3 s, 1 s (Real-Time STT v6, Common errors). */
const AFTER_3_S = { retryAfterMs: 3_000 };
const AFTER_1_S = { retryAfterMs: 1_000 };
const SPENT = { isNameSpent: true };

/** Agora's `code`s (Real-Time STT v6, Common errors). */
const CODES: { readonly [code: number]: Row } = {
  1: { kind: 'unavailable' },
  2: { kind: 'rejected' },
  6: { kind: 'unavailable' },
  20: { kind: 'unavailable', facts: AFTER_3_S },
  23: { kind: 'unavailable' },
  49: { kind: 'already-running' },
  53: { kind: 'rejected' },
  // At an acquire: Real-Time STT is not enabled.
  62: { kind: 'rejected' },
  404: { kind: 'gone' },
  501: { kind: 'unavailable', facts: AFTER_1_S },
  502: { kind: 'unavailable', facts: AFTER_1_S },
  504: { kind: 'unavailable', facts: AFTER_1_S },
  1001: { kind: 'rejected', facts: SPENT },
  1003: { kind: 'rejected', facts: SPENT },
};

/** What a code means at a start only: 62 is a network problem there. */
const START_CODES: { readonly [code: number]: Row } = { 62: { kind: 'unavailable' } };

/** Its `message`s, where they say more than the status. */
const MESSAGES: readonly { readonly pattern: RegExp; readonly row: Row }[] = [
  { pattern: /the task has been started/i, row: { kind: 'already-running' } },
  {
    pattern: /product name does not match with builderToken/i,
    row: { kind: 'rejected', facts: SPENT },
  },
  { pattern: /reaches out the limited time interval/i, row: { kind: 'rejected', facts: SPENT } },
  { pattern: /taskId does not match with builderToken/i, row: { kind: 'rejected' } },
  { pattern: /task is not found/i, row: { kind: 'gone' } },
  { pattern: /invalid_appid|schema check fail/i, row: { kind: 'rejected' } },
];

/** HTTP statuses. 201 and 409 are a start's: it runs already, and the call must not be repeated. */
const STATUSES: { readonly [status: number]: Row } = {
  201: { kind: 'already-running' },
  // "No host in the channel sent a stream": it may run all the same.
  206: { kind: 'unavailable' },
  404: { kind: 'gone' },
  408: { kind: 'unavailable' },
  409: { kind: 'already-running' },
  429: { kind: 'throttled' },
};

/** What `response` means: its code first, then its words, then its status. */
export function meaningOf(
  response: VendorResponse,
  vendor: string,
  operation: 'start' | 'other' = 'other',
): Meaning {
  const { kind, facts } = rowOf(response, operation);
  const words = vendorWords(response, vendor);
  if (kind === 'already-running') return { kind, taskId: taskIdIn(response) };
  if (kind === 'gone') return { kind };
  const retryAfterMs = response.retryAfterMs ?? facts?.retryAfterMs;
  const { status } = response;
  return {
    kind: 'error',
    error: new ProviderError(kind, words, { ...facts, retryAfterMs, status }),
  };
}

function rowOf({ json, status, text }: VendorResponse, operation: 'start' | 'other'): Row {
  const code: unknown =
    typeof json === 'object' && json !== null ? Reflect.get(json, 'code') : null;
  const codes = operation === 'start' ? { ...CODES, ...START_CODES } : CODES;
  const byCode = typeof code === 'number' ? codes[code] : undefined;
  const byMessage = MESSAGES.find(({ pattern }) => pattern.test(text))?.row;
  // A success that can't be read may have happened, as what a server failed at; a redirect is somebody else's.
  const isUnclear = status < 400 || status >= 500;
  const byStatus = STATUSES[status] ?? { kind: isUnclear ? 'unavailable' : 'rejected' };
  return byCode ?? byMessage ?? byStatus;
}

/** The id of the task that runs already: a field of the answer, or the end of its message. */
function taskIdIn({ json, text }: VendorResponse): string | null {
  const id: unknown =
    typeof json === 'object' && json !== null ? Reflect.get(json, 'taskId') : null;
  const told = typeof id === 'string' ? id : /taskId is:? ?"?([\w-]+)/i.exec(text)?.[1];
  return taskId.safeParse(told).data ?? null;
}
