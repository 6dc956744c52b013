import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { freePort } from '../../src/local/ports.ts';
import { balance } from '../support/balancer.ts';
import { callsOf, gapsMs, rulesBroken, tasksOf } from '../support/ledger.ts';
import { printed, startService } from '../support/service.ts';
import {
  apiAt,
  eventually,
  prepareStack,
  type Answer,
  type Service,
  type Stack,
} from '../support/stack.ts';

/** Whoever does as the API says. */
class Caller {
  readonly #api: Stack['api'];

  constructor(url: string) {
    this.#api = apiAt(url);
  }

  /** Sends a request, and again when it is told to. Throws for every other answer but a 2xx. */
  async ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    for (;;) {
      const answer = await this.#api(method, path, body, headers);
      if (answer.status < 300) return answer;
      const retryAfter = answer.headers.get('retry-after');
      if (answer.status !== 503 || retryAfter === null) {
        throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      }
      await delay(Number(retryAfter) * 1_000);
    }
  }
}

const LANGUAGES = ['fr-FR', 'de-DE', 'es-ES'];

function keyed(more: Record<string, string> = {}): Record<string, string> {
  return { 'idempotency-key': randomUUID(), ...more };
}

/** One session after another, from its start to its end, until `isOver`; returns their channels. */
async function sessionsOf(caller: Caller, name: string, isOver: () => boolean): Promise<string[]> {
  const channels: string[] = [];
  while (!isOver()) {
    const channel = `${name}-${channels.length}`;
    channels.push(channel);
    const path = `/v1/sessions/agora:${channel}`;
    const start = { provider: 'agora', channel, languages: ['en-US'] };
    await caller.ask('POST', '/v1/sessions', start, keyed({ prefer: 'wait=20' }));
    for (const [index, language] of LANGUAGES.entries()) {
      const wait = index % 2 === 0 ? undefined : { prefer: 'wait=20' };
      const change = { languages: [language] };
      const { body } = await caller.ask('PATCH', path, change, keyed(wait));
      expect(body['revision']).toBe(index + 1);
      await caller.ask('GET', path);
    }
    await eventually(async () => {
      const { body } = await caller.ask('GET', path);
      expect(body).toMatchObject({
        appliedRevision: LANGUAGES.length,
        applied: { languages: LANGUAGES.slice(-1) },
      });
    });
    await caller.ask('POST', `${path}/stop`, undefined, { prefer: 'wait=20' });
  }
  return channels;
}

/** Changes of one session, one after another, and looks at it and at the list. Returns the last revision. */
async function changesOf(caller: Caller, path: string, isOver: () => boolean): Promise<number> {
  let revision = 0;
  while (!isOver()) {
    const change = { languages: [LANGUAGES[revision % LANGUAGES.length]] };
    const { body } = await caller.ask('PATCH', path, change, keyed());
    revision += 1;
    expect(body['revision']).toBe(revision);
    await caller.ask('GET', path);
    await caller.ask('GET', '/v1/sessions?pageSize=5');
  }
  return revision;
}

/** Has a service end, and begin again. */
async function restart(service: Service, again: () => Promise<Service>): Promise<Service> {
  await service.end('SIGTERM');
  expect(service.process.exitCode).toBe(0);
  return again();
}

test('two workers and two APIs restarted one after another, twice, lose nothing', async () => {
  const stack = await prepareStack();
  onTestFinished(() => stack.stop());
  const ports = [await freePort('127.0.0.1'), await freePort('127.0.0.1')];
  const services: Service[] = [];
  onTestFinished(async () => void (await Promise.all(services.map((service) => service.end()))));
  const start = async (file: string, port: number, sign: string) => {
    const service = startService(file, { ...stack.environment, DURASCRIBE_PORT: String(port) });
    services.push(service);
    await vi.waitUntil(() => printed(service, sign), { timeout: 60_000, interval: 50 });
    return service;
  };
  const startWorker = () => start('src/worker.ts', 3000, '"msg":"working"');
  const startApi = (port: number) => start('src/api.ts', port, 'Server listening');
  const pairs = await Promise.all(
    ports.map(async (port) => ({
      port,
      worker: await startWorker(),
      api: await startApi(port),
    })),
  );
  const { url, broken } = await balance(ports);
  const caller = new Caller(url);
  const kept = '/v1/sessions/agora:kept';
  const session = { provider: 'agora', channel: 'kept', languages: ['en-US'] };
  await caller.ask('POST', '/v1/sessions', session, { prefer: 'wait=20' });

  let isOver = false;
  const sessions = ['one', 'two', 'three'].map((name) => sessionsOf(caller, name, () => isOver));
  const changes = changesOf(caller, kept, () => isOver);
  for (const pair of [...pairs, ...pairs]) {
    [pair.worker, pair.api] = await Promise.all([
      restart(pair.worker, startWorker),
      restart(pair.api, () => startApi(pair.port)),
    ]);
  }
  isOver = true;

  const [revision, ...channels] = await Promise.all([changes, ...sessions]);
  expect(broken).toEqual([]);
  await eventually(async () => {
    const { body } = await caller.ask('GET', kept);
    expect(body).toMatchObject({ revision, appliedRevision: revision });
  });
  await caller.ask('POST', `${kept}/stop`, undefined, { prefer: 'wait=20' });
  for (const channel of ['kept', ...channels.flat()]) {
    expect([channel, rulesBroken(stack, channel)]).toEqual([channel, []]);
    expect([channel, tasksOf(stack, channel)]).toMatchObject([channel, [{ status: 'STOPPED' }]]);
    expect(callsOf(stack, channel, 'join', 'leave')).toEqual(['join', 'leave']);
    for (const gap of gapsMs(stack, channel)) expect(gap).toBeGreaterThanOrEqual(5_000);
  }
}, 180_000);
