import { fileURLToPath } from 'node:url';
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
} from '@temporalio/worker';
import { inject, vi } from 'vitest';
import { printed, startService, type Service } from './service.ts';
import { dataConverterOf, prepareStack, type Stack, type StackOptions } from './stack.ts';

/** That sessions fail is what the tests are about. */
const LOGGER = new DefaultLogger('ERROR');
Runtime.install({ logger: LOGGER });

export type TimeLapseOptions = StackOptions & {
  /** How many times faster the time of the workflows passes. */
  readonly factor: number;
  /** What is otherwise for the worker than for the API. */
  readonly worker?: NodeJS.ProcessEnv;
};

export type TimeLapse = Stack & {
  /** The process that does the activities. */
  readonly worker: Service;
};

/**
 * The product's own processes, whose workflows live `factor` times faster: they run in this process, with their clock,
 * timers and deadlines changed by an interceptor of the SDK. The activities are the worker's, and take their time.
 */
export async function startTimeLapse(options: TimeLapseOptions): Promise<TimeLapse> {
  const stack = await prepareStack(options);
  const taskQueue = `lapse-${options.factor}-${stack.taskQueue}`;
  const connection = await NativeConnection.connect({ address: inject('temporalAddress') });
  const workflows = await Worker.create({
    connection,
    taskQueue,
    workflowBundle: await fastWorkflows(),
    dataConverter: dataConverterOf(stack.environment),
    // Each workflow has a clock of its own.
    reuseV8Context: false,
  });
  const running = workflows.run();
  const worker = startService('src/worker.ts', { ...stack.environment, ...options.worker });
  const api = startService('src/api.ts', {
    ...stack.environment,
    DURASCRIBE_TASK_QUEUE: taskQueue,
  });
  const within = { timeout: 100_000, interval: 50 };
  await vi.waitUntil(() => printed(worker, '"msg":"working"'), within);
  await vi.waitUntil(() => printed(api, 'Server listening'), within);
  return {
    ...stack,
    taskQueue,
    worker,
    stop: async () => {
      await Promise.all([worker.end(), api.end()]);
      workflows.shutdown();
      await running;
      await connection.close();
      await stack.stop();
    },
  };
}

const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));

let bundle: ReturnType<typeof bundleWorkflowCode> | undefined;

function fastWorkflows(): ReturnType<typeof bundleWorkflowCode> {
  bundle ??= bundleWorkflowCode({
    workflowsPath: fileOf('../../src/workflows/index.ts'),
    failureConverterPath: fileOf('../../src/workflows/failure-converter.ts'),
    workflowInterceptorModules: [fileOf('time-lapse-workflows.ts')],
    logger: LOGGER,
  });
  return bundle;
}
