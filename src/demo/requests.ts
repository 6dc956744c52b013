import { z } from 'zod';

const WITHIN_MS = 60_000;

export type Call = {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
};

export type Reply = { readonly status: number; readonly text: string };

/** One HTTP call; `signal` ends it. */
export async function request(url: string, signal: AbortSignal, call: Call = {}): Promise<Reply> {
  const { method = 'GET', headers, body } = call;
  const response = await fetch(url, {
    method,
    headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
    // oxlint-disable-next-line unicorn/no-invalid-fetch-options -- a null body is none
    body: body ? JSON.stringify(body) : null,
    signal: AbortSignal.any([signal, AbortSignal.timeout(WITHIN_MS)]),
  });
  return { status: response.status, text: await response.text() };
}

const problem = z.object({ detail: z.string() });

/** What a reply says. Throws an Error with the words of whoever refused. */
export function readReply<T>(schema: z.ZodType<T>, what: string, { status, text }: Reply): T {
  if (status >= 300) throw new Error(`${what} was answered with ${status}: ${inWords(text)}`);
  return schema.parse(text === '' ? undefined : JSON.parse(text));
}

function inWords(text: string): string {
  try {
    return problem.parse(JSON.parse(text)).detail;
  } catch {
    return text;
  }
}
