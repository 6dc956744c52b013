import { z } from 'zod';
import { ProviderError } from '../errors.ts';
import type { ProviderErrorKind } from '../errors.ts';
import { retryAfterMs, UNSENT, withoutSecrets } from '../http.ts';

/** Under every activity's start-to-close time-out, so that we, not Temporal, say how a call ended. */
export const TIMEOUT_MS = 10_000;
const LONGEST_WORDS = 500;
/** AWS's names for "too many" (AWS SDKs, Retry behavior), less those with a status of 429 or 5xx anyway. */
const THROTTLES = new Set([
  'LimitExceededException',
  'LimitExceededConcurrentJobException',
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'RequestThrottled',
  'RequestThrottledException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'SlowDown',
]);
/** AWS's names for credentials that it does not take, whose words may repeat headers of the request, a token included. */
const CREDENTIAL_FAULTS =
  /signature|token|UnrecognizedClient|InvalidAccessKeyId|AuthFailure|RequestExpired|RequestTimeTooSkewed/i;
/** AWS's words for a signature of another time (IAM, Troubleshoot Signature Version 4). */
const UNTIMELY = /expired|not yet current|skew/i;
const NOT_FOUND = /couldn't be found/i;
/** Access key ids (IAM, Unique identifiers), and the parts of an Authorization header. */
const SECRETS = /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|(?:Credential|Signature)=[^\s,]+|\b[0-9a-f]{64}\b/g;

/** What is read of an error that an AWS SDK throws. `$metadata` and `$response` are there once there was an answer. */
const Thrown = z.object({
  name: z.string().catch(''),
  message: z.string().catch(''),
  code: z.string().optional().catch(undefined),
  $metadata: z
    .object({
      httpStatusCode: z.number().optional(),
      /** The SDK has learned from this answer what time it is. */
      clockSkewCorrected: z.boolean().optional(),
    })
    .optional()
    .catch(undefined),
  $response: z
    .object({ statusCode: z.number(), headers: z.record(z.string(), z.string()).catch({}) })
    .optional()
    .catch(undefined),
});
type Thrown = z.infer<typeof Thrown>;

/** What an error of an AWS SDK means; `whose` answer it was is for the words. */
export function providerError(
  error: unknown,
  whose: string,
  secrets: readonly string[],
): ProviderError {
  if (error instanceof ProviderError) return error;
  const thrown = Thrown.safeParse(error).data;
  if (!thrown) return new ProviderError('unavailable', `no answer from ${whose}: unknown error`);
  const status = thrown.$metadata?.httpStatusCode ?? thrown.$response?.statusCode;
  if (status === undefined) return unanswered(thrown, whose);
  const words = wordsOf(thrown, status, whose);
  const clean = withoutSecrets(words, secrets)
    .replaceAll(SECRETS, '[secret]')
    .slice(0, LONGEST_WORDS);
  return new ProviderError(kindOf(thrown, status), clean, {
    retryAfterMs: retryAfterMs(thrown.$response?.headers['retry-after']),
  });
}

/** Whether a start was refused because there is a job of that name (409; 400 by moto). */
export function isConflict(error: unknown): boolean {
  return error instanceof Error && error.name === 'ConflictException';
}

/** Whether a delete was refused, which is because the job is missing or unfinished (API reference, Errors). */
export function isBadRequest(error: unknown): boolean {
  return error instanceof Error && error.name === 'BadRequestException';
}

function unanswered({ name, code }: Thrown, whose: string): ProviderError {
  if (/Credentials|Token/.test(name)) {
    return new ProviderError('rejected', `there are no credentials for ${whose}: ${name}`);
  }
  const isLate = code === undefined && (name === 'AbortError' || name === 'TimeoutError');
  const reason = isLate ? `none within ${TIMEOUT_MS / 1_000} s` : (code ?? 'connection failed');
  const isUnsent = UNSENT.has(reason);
  return new ProviderError('unavailable', `no answer from ${whose}: ${reason}`, {
    isUnsent,
    ...(isLate ? { isTimeout: true } : {}),
  });
}

function kindOf({ name, message, $metadata }: Thrown, status: number): ProviderErrorKind {
  if (status === 429 || THROTTLES.has(name)) return 'throttled';
  // An answer below 400 is one that the SDK could not read.
  if (status >= 500 || status === 408 || status < 400) return 'unavailable';
  // The SDK tells the right time from now on.
  if (CREDENTIAL_FAULTS.test(name)) {
    const isUntimely = $metadata?.clockSkewCorrected && UNTIMELY.test(`${name} ${message}`);
    return isUntimely ? 'unavailable' : 'rejected';
  }
  return status === 404 || NOT_FOUND.test(message) ? 'not-found' : 'rejected';
}

function wordsOf({ name, message }: Thrown, status: number, whose: string): string {
  if (status < 400) return `${whose} answered in a form that we don't know`;
  if (CREDENTIAL_FAULTS.test(name)) return `${whose} does not take the credentials: ${name}`;
  const isTold = name !== 'SyntaxError' && message !== '' && message !== 'UnknownError';
  return isTold ? message : `${whose} answered ${status}`;
}
