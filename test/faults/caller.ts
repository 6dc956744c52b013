import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { eventually, type Answer, type Stack } from '../support/stack.ts';

const PATIENCE_MS = 120_000;
const PAUSE_MS = 200;

/**
 * Calls the API as a careful client does: the same request again, under the same `Idempotency-Key`, while there is no
 * answer or one that says to come back. Throws when that takes longer than two minutes.
 */
export async function insist(
  { api }: Stack,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const headers = { 'idempotency-key': randomUUID() };
  const untilMs = Date.now() + PATIENCE_MS;
  let last = '';
  while (Date.now() < untilMs) {
    try {
      const answer = await api(method, path, body, headers);
      if (answer.status !== 503 && answer.status !== 429) return answer;
      last = JSON.stringify(answer.body);
    } catch (error) {
      last = String(error);
    }
    await sleep(PAUSE_MS);
  }
  throw new Error(`${method} ${path} was not answered: ${last}`);
}

/** Waits until the API shows the session as `expected`, whatever is away meanwhile. */
export async function seen(
  { api }: Stack,
  sessionId: string,
  expected: Record<string, unknown>,
): Promise<void> {
  await eventually(async () => {
    const { body } = await api('GET', `/v1/sessions/${encodeURIComponent(sessionId)}`);
    expect(body).toMatchObject(expected);
  }, PATIENCE_MS);
}
