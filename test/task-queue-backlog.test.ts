import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, prepareStack, type Stack } from './support/stack.ts';

/** What KEDA's scaler asks for, by the server's numbers: deploy/kubernetes/components/autoscaled-workers. */
const WORKFLOW_TASKS = 1;

let stack: Stack;
beforeAll(async () => {
  stack = await prepareStack();
  await stack.startApi();
  // The search attributes are registered by the first worker.
  await (await stack.startWorker()).end('SIGTERM');
});
afterAll(() => stack.stop());

/** Has so many sessions started, which nobody takes. */
async function startUnseen(prefix: string, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const body = { provider: 'agora', channel: `${prefix}-${index}`, languages: ['en-US'] };
    expect((await stack.api('POST', '/v1/sessions', body)).status).toBe(201);
  }
}

test('sessions that no worker takes are the backlog of the queue', async () => {
  await startUnseen('waiting', 5);
  await eventually(async () => {
    const { stats } = await stack.client.workflowService.describeTaskQueue({
      namespace: 'default',
      taskQueue: { name: stack.taskQueue, kind: 1 },
      taskQueueType: WORKFLOW_TASKS,
      reportStats: true,
    });
    expect(Number(stats?.approximateBacklogCount)).toBe(5);
  });
});

test('sessions that no worker of the current version takes are the backlog of that', async () => {
  const deploymentName = stack.taskQueue;
  const version = { deploymentName, buildId: '1.4.0' };
  const { workflowService } = stack.client;
  const worker = await stack.startWorker('', {
    DURASCRIBE_DEPLOYMENT: deploymentName,
    DURASCRIBE_BUILD_ID: version.buildId,
  });
  await eventually(async () => {
    await workflowService.setWorkerDeploymentCurrentVersion({
      namespace: 'default',
      deploymentName,
      buildId: version.buildId,
    });
  });
  const backlog = async () => {
    const { versionTaskQueues } = await workflowService.describeWorkerDeploymentVersion({
      namespace: 'default',
      deploymentVersion: version,
      reportTaskQueueStats: true,
    });
    const queue = versionTaskQueues?.find(
      ({ name, type }) => name === stack.taskQueue && Number(type) === WORKFLOW_TASKS,
    );
    return Number(queue?.stats?.approximateBacklogCount);
  };
  await eventually(async () => expect(await backlog()).toBe(0));
  await worker.end('SIGTERM');
  await startUnseen('waiting-for-it', 4);
  await eventually(async () => expect(await backlog()).toBeGreaterThanOrEqual(4));
}, 180_000);
