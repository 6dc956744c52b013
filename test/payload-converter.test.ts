import { expect, test } from 'vitest';
import { payloadConverter } from '../src/workflows/payload-converter.ts';

const NAMESPACE = { namespace: 'default', workflowId: 'agora:room' };
const OF_WORKFLOW = { type: 'workflow', ...NAMESPACE } as const;
const OF_ACTIVITY = { type: 'activity', isLocal: false, ...NAMESPACE } as const;

const payload = (encoding: string, data: string) => ({
  metadata: { encoding: Buffer.from(encoding) },
  data: Buffer.from(data),
});

test.for([
  ['is encrypted', payload('binary/encrypted', '?')],
  ['is of an encoding that nobody knows', payload('binary/unheard-of', '?')],
  ['is broken', payload('json/plain', '{')],
  ['has no encoding', { data: Buffer.from('?') }],
] as const)('what %s is nothing in a message, and an error of an activity', ([, unreadable]) => {
  expect(payloadConverter.fromPayload(unreadable, OF_WORKFLOW)).toBeUndefined();
  expect(() => payloadConverter.fromPayload(unreadable, OF_ACTIVITY)).toThrow(Error);
});

test('what can be read is read, whosever it is', () => {
  for (const context of [OF_WORKFLOW, OF_ACTIVITY]) {
    expect(payloadConverter.fromPayload(payload('json/plain', '[1]'), context)).toEqual([1]);
  }
});
