import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { givenRecording } from './support/sound.ts';
import { eventually, startStack } from './support/stack.ts';

/** TASK_QUEUE_TYPE_ACTIVITY */
const ACTIVITIES = 2;
const MANY = 20;
const FEW = 4;

test('whoever hands in many recordings keeps nobody else waiting for all of them', async () => {
  const stack = await startStack({
    environment: { DURASCRIBE_API_KEYS: 'many:key-of-the-many,few:key-of-the-few' },
  });
  onTestFinished(() => stack.stop());
  const media = await givenRecording(stack, 'fair.mp3');
  const { workflow, workflowService } = stack.client;
  const limitStarts = (requestsPerSecond: number) =>
    workflowService.updateTaskQueueConfig({
      namespace: 'default',
      taskQueue: `${stack.taskQueue}.amazon-transcribe.starts`,
      taskQueueType: ACTIVITIES,
      updateQueueRateLimit: { rateLimit: { requestsPerSecond } },
    });
  const handIn = async (caller: string, count: number) => {
    const ids = Array.from({ length: count }, () => `${caller}-${randomUUID()}`);
    for (const id of ids) {
      const body = { provider: 'amazon-transcribe', id, media, languageCode: 'en-GB' };
      const headers = { authorization: `Bearer key-of-the-${caller}` };
      expect((await stack.api('POST', '/v1/sessions', body, headers)).status).toBe(201);
    }
    await eventually(async () => {
      for (const id of ids) {
        const { raw } = await workflow.getHandle(id).describe();
        const pending = raw.pendingActivities?.map(({ activityType }) => activityType?.name);
        const isStarted = stack.transcribe.ledger().jobs.some(({ name }) => name.includes(id));
        expect(isStarted || pending?.includes('startJob')).toBe(true);
      }
    });
  };

  await limitStarts(0.2);
  await handIn('many', MANY);
  await handIn('few', FEW);
  await limitStarts(25);
  await eventually(() => expect(stack.transcribe.ledger().jobs).toHaveLength(MANY + FEW));

  const names = stack.transcribe
    .ledger()
    .jobs.map(({ name }) => name)
    .toReversed();
  const lastOfFew = names.findLastIndex((name) => name.includes('few-'));
  expect(lastOfFew).toBeLessThan((MANY + FEW) * 0.75);
}, 180_000);
