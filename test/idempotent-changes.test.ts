import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { untilCarriedOn } from './support/carried-on.ts';
import { startSession, startStack, stopSession, type Stack } from './support/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

const key = (name: string) => ({ 'idempotency-key': name });
/** A repeat after the end: the session itself is told of as it is. */
const repeated = (revision: number) => ({ status: 202, body: { revision, status: 'stopped' } });

describe.concurrent('a change with an Idempotency-Key', () => {
  test('is accepted once, and with another body a 422', async () => {
    const path = await startSession(stack, 'key-change');
    const change = (body: unknown, name = 'one') => stack.api('PATCH', path, body, key(name));
    const languages = ['fr-FR'];
    expect(await change({ languages })).toMatchObject({ status: 202, body: { revision: 1 } });
    expect(await change({ languages })).toMatchObject({ status: 202, body: { revision: 1 } });
    for (const other of [{ languages: ['de-DE'] }, { languages, addAudioUids: ['1'] }]) {
      expect(await change(other)).toMatchObject({
        status: 422,
        body: { type: 'urn:durascribe:problem:key-reused' },
      });
    }
    expect((await stack.api('GET', path)).body).toMatchObject({
      revision: 1,
      desired: { languages },
    });
    expect(await change({ languages: ['de-DE'] }, 'two')).toMatchObject({ body: { revision: 2 } });
    expect(await change({ languages })).toMatchObject({ body: { revision: 1 } });
    await stopSession(stack, path);
  });

  test(
    'is answered as the first time after the end, also of a session of several runs',
    { timeout: 180_000 },
    async () => {
      const path = await startSession(stack, 'key-late');
      const change = (language: string, name: string, more = {}) =>
        stack.api('PATCH', path, { languages: [language] }, { ...key(name), ...more });
      const wait = { prefer: 'wait=30' };
      expect(await change('fr-FR', 'one', wait)).toMatchObject({ status: 200 });
      await untilCarriedOn(stack, path);
      expect(await change('de-DE', 'two')).toMatchObject({ status: 202, body: { revision: 2 } });
      await stopSession(stack, path);
      expect(await change('fr-FR', 'one', wait)).toMatchObject({
        status: 200,
        body: { revision: 1 },
      });
      expect(await change('fr-FR', 'one')).toMatchObject(repeated(1));
      expect(await change('de-DE', 'two')).toMatchObject(repeated(2));
      expect((await change('it-IT', 'three')).status).toBe(409);
    },
  );

  test('is for one session: another one has keys of its own', async () => {
    for (const channel of ['key-a', 'key-b']) {
      const path = await startSession(stack, channel);
      const body = { languages: [channel === 'key-a' ? 'fr-FR' : 'de-DE'] };
      expect((await stack.api('PATCH', path, body, key('shared'))).status).toBe(202);
      await stopSession(stack, path);
    }
  });

  test('of which two come at once with different bodies is accepted once', async () => {
    const path = await startSession(stack, 'key-twice');
    const answers = await Promise.all(
      ['fr-FR', 'de-DE', 'it-IT', 'es-ES'].map((language) =>
        stack.api('PATCH', path, { languages: [language] }, key('twice')),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.toSorted((one, other) => one - other)).toEqual([202, 422, 422, 422]);
    expect((await stack.api('GET', path)).body).toMatchObject({ revision: 1 });
    await stopSession(stack, path);
  });
});
