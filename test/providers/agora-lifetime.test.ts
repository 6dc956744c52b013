import { fastify } from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import type { TaskStart } from '../../src/domain/task.ts';
import { agora } from '../../src/providers/agora/provider.ts';
import { settingsAt } from './agora-settings.ts';

const START: TaskStart = {
  sessionId: 'agora:room',
  firstRunId: 'run-1',
  generation: 1,
  channel: 'room',
  configuration: { languages: ['en-US'], subscribeAudioUids: ['all'] },
  options: {},
  maxIdleSeconds: 300,
  maxDurationSeconds: 0,
  key: null,
  otherTasks: [],
  unansweredSince: null,
  triedUntil: null,
};

/** A vendor that answers every join like this. */
async function vendorThatSays(status: number, body: unknown): Promise<string> {
  const app = fastify();
  app.post('*', async (_request, reply) => reply.code(status).send(body));
  onTestFinished(() => app.close());
  return app.listen({ host: '127.0.0.1', port: 0 });
}

test.for([1_654_056_230, 4_102_444_800])(
  'when a task ends is told by our clock, whatever the vendor says it is (%i)',
  async (createTs) => {
    const url = await vendorThatSays(200, {
      agent_id: 'a',
      create_ts: createTs,
      status: 'RUNNING',
    });
    const beforeMs = Date.now();
    const task = await agora(settingsAt(url)).start(START);
    const [rotateMs, endMs] = [task.rotateAt, task.endsAt].map(
      (at) => Date.parse(at ?? '') - beforeMs,
    );
    const dayMs = 86_400_000;
    expect(endMs).toBeGreaterThanOrEqual(dayMs);
    expect(endMs).toBeLessThan(dayMs + 60_000);
    expect(rotateMs).toBeGreaterThanOrEqual(dayMs - 600_000);
    expect(rotateMs).toBeLessThan(dayMs);
  },
);

test('what a vendor echoes of our secrets goes no further', async () => {
  const settings = settingsAt('');
  const secrets = [
    settings.appCertificate,
    settings.customerSecret,
    settings.captionStorage?.secretKey ?? '',
    settings.encryptionKeys['support']?.secret ?? '',
  ];
  const detail = `schema check fail: ${secrets.join(' ')} Basic YWJjOmRlZg== 007eJxTYABbc3d4eHh4eHh4eHg=`;
  const url = await vendorThatSays(400, { detail, reason: 'InvalidRequest' });
  const error: unknown = await agora({ ...settings, baseUrl: url })
    .start(START)
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    kind: 'rejected',
    message: expect.stringContaining('schema check'),
  });
  const told = JSON.stringify(error, Object.getOwnPropertyNames(error));
  for (const secret of [...secrets, 'YWJjOmRlZg', '007eJx']) expect(told).not.toContain(secret);
});
