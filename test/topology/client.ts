import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { apiAt, type Answer } from '../support/stack.ts';

/** What a balancer answers itself where the process that it had chosen has gone. */
const GONE = 502;
const PAUSE_MS = 200;
/** A stop that died with its worker is tried again after a minute, and may meet another death. */
const PATIENCE_MS = 180_000;

/** A careful client of the API: it asks again, with the same key, for as long as nothing was accepted. */
export class Client {
  readonly #api: ReturnType<typeof apiAt>;
  readonly #key: string;
  /** How many requests were accepted. */
  accepted = 0;
  /** How many were told to come back, as they should be: 503 with Retry-After. */
  refused = 0;
  /** What else they were told. */
  readonly wrong: string[] = [];

  constructor(url: string, key: string) {
    this.#api = apiAt(url);
    this.#key = key;
  }

  /** One request, once. Throws where there is no answer. */
  async once(method: string, path: string, body?: unknown, key = randomUUID()): Promise<Answer> {
    const headers = { authorization: `Bearer ${this.#key}`, 'idempotency-key': key };
    const answer = await this.#api(method, path, body, headers);
    if (answer.status === 503 && Number(answer.headers.get('retry-after')) > 0) this.refused += 1;
    else if (answer.status >= 400 && answer.status !== GONE) {
      this.wrong.push(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    return answer;
  }

  /** A request until it is accepted. Throws when it isn't within three minutes, or never will be. */
  async ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const key = randomUUID();
    const untilMs = Date.now() + PATIENCE_MS;
    let last = 'no answer';
    while (Date.now() < untilMs) {
      const answer = await this.once(method, path, body, key).catch(() => null);
      if (answer !== null && answer.status < 300) {
        this.accepted += 1;
        return answer;
      }
      last = JSON.stringify(answer?.body ?? last);
      if (answer !== null && answer.status < 500) break;
      await delay(PAUSE_MS);
    }
    throw new Error(`${method} ${path} was not accepted: ${last}`);
  }

  /** Looks at what is at `path` until it is as wanted. */
  async until(path: string, isSo: (body: Answer['body']) => boolean): Promise<Answer['body']> {
    const untilMs = Date.now() + PATIENCE_MS;
    let last: Answer['body'] = {};
    while (Date.now() < untilMs) {
      last = (await this.ask('GET', path)).body;
      if (isSo(last)) return last;
      await delay(PAUSE_MS);
    }
    throw new Error(`${path} stays as it is: ${JSON.stringify(last)}`);
  }
}
