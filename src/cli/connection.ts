import { existsSync, readFileSync } from 'node:fs';
import { defaults, type Problem } from './api-client.ts';
import { CommandFailure, EXIT, Refusal } from './failure.ts';

/** Longer than the API lets any request wait (60 s). */
const ANSWERED_WITHIN_MS = 75_000;
const DEFAULT_URL = 'http://127.0.0.1:3000';
/** As the API takes them; anything else must not get into the words of an error of `fetch`. */
const KEY = /^[A-Za-z0-9._~+/-]{8,512}=*$/;
const SUCCESSES = new Set([200, 201, 202, 204]);

export type ConnectionOptions = { readonly url?: string; readonly keyFile?: string };
type Success = { readonly status: 200 | 201 | 202 | 204 };
type Answer = { readonly status: number; readonly headers: Headers; readonly data?: unknown };

/** Adds to the environment what `.env` has, where there is one. Throws a CommandFailure. */
export function readDotEnv(): void {
  if (!existsSync('.env')) return;
  try {
    process.loadEnvFile('.env');
  } catch (error) {
    throw new CommandFailure(EXIT.usage, '.env cannot be read: is it a file?', error);
  }
}

/** Points the client at the API that flags or the environment name. Throws a CommandFailure. */
export function connect({ url: asked, keyFile }: ConnectionOptions): void {
  const url = asked ?? (process.env['DURASCRIBE_URL'] || DEFAULT_URL);
  const address = URL.parse(url);
  if (address === null || !/^https?:$/.test(address.protocol) || address.username !== '') {
    const source = asked === undefined ? 'DURASCRIBE_URL' : '--url';
    const message = `${source} must be an http or https URL without a user, such as ${DEFAULT_URL}`;
    throw new CommandFailure(EXIT.usage, message);
  }
  const key = readKey(keyFile);
  defaults.baseUrl = url;
  defaults.headers = key === null ? {} : { authorization: `Bearer ${key}` };
  defaults.fetch = async (input, init) => {
    const signal = AbortSignal.timeout(ANSWERED_WITHIN_MS);
    // Followed, a POST would become a GET.
    const answer = await fetch(input, { ...init, redirect: 'manual', signal }).catch((error) => {
      throw unreachable(reasonOf(error), error);
    });
    const moved = answer.headers.get('location');
    if (moved === null || Math.trunc(answer.status / 100) !== 3) return answer;
    const message = `${url} has moved to ${moved}: correct DURASCRIBE_URL or --url`;
    throw new CommandFailure(EXIT.unreachable, message);
  };
}

/**
 * What the API has answered, if it is not a problem: an object, or, where a transcript is asked for as one, a text.
 * Throws a CommandFailure.
 */
export async function answerOf<Any extends Answer>(
  request: Promise<Any>,
  form: 'object' | 'string' = 'object',
): Promise<Extract<Any, Success>> {
  const answer = await request.catch((error: unknown) => {
    if (error instanceof SyntaxError) throw unreachable('what it answers is no JSON', error);
    throw error;
  });
  if (isSuccess(answer, form)) {
    hasAnswered = true;
    return answer;
  }
  const { status, headers, data } = answer;
  if (!isProblem(data)) throw unreachable(`it answers ${status}, and not as Durascribe does`);
  const retryAfter = Number(headers.get('retry-after') ?? Number.NaN);
  throw new Refusal(data, Number.isFinite(retryAfter) ? retryAfter : null);
}

function isSuccess<Any extends Answer>(
  answer: Any,
  form: 'object' | 'string',
): answer is Extract<Any, Success> {
  const { status, data } = answer;
  if (!SUCCESSES.has(status)) return false;
  return status === 204 || (typeof data === form && data !== null);
}

function isProblem(data: unknown): data is Problem {
  return typeof data === 'object' && data !== null && 'title' in data && 'detail' in data;
}

let hasAnswered = false;

/** What a command has thrown, as words about an answer that lacks what the command reads of it; null = it is no such thing. */
export function misunderstood(error: unknown): CommandFailure | null {
  const isOfReading = error instanceof TypeError || error instanceof RangeError;
  if (!hasAnswered || !isOfReading) return null;
  const reason = `what it answers is not as this version of Durascribe does (${error.message})`;
  return unreachable(reason, error);
}

function unreachable(reason: string, cause?: unknown): CommandFailure {
  const advice = 'Is the API running there? DURASCRIBE_URL or --url says where it is.';
  return new CommandFailure(
    EXIT.unreachable,
    `No answer from ${defaults.baseUrl}: ${reason}\n${advice}`,
    cause,
  );
}

/** `fetch` itself only says that it failed. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `nothing within ${ANSWERED_WITHIN_MS / 1_000} s`;
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return 'code' in cause ? String(cause.code) : cause.message;
}

function readKey(file: string | undefined): string | null {
  const key = file === undefined ? process.env['DURASCRIBE_API_KEY'] : readKeyFile(file);
  if (file === undefined && !key) return null;
  const trimmed = key?.trim() ?? '';
  if (KEY.test(trimmed)) return trimmed;
  const source = file ?? 'DURASCRIBE_API_KEY';
  const message = `${source} does not hold a key: 8 to 512 characters of A-Z a-z 0-9 . _ ~ + / -`;
  throw new CommandFailure(EXIT.usage, message);
}

function readKeyFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandFailure(EXIT.usage, `The key file ${file} cannot be read`, error);
  }
}
