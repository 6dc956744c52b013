import type { Logger, LogLevel, LogMetadata } from '@temporalio/common';
import type { Logger as Pino } from 'pino';
import { sessionOfWorkflow } from '../domain/identity.ts';

/** Lets the Temporal SDK, and with it workflows and activities, write to `log`: one line an event. */
export function temporalLogger(log: Pino): Logger {
  const write = (level: LogLevel, message: string, meta?: LogMetadata) => {
    const isNews = !TOLD_OTHERWISE.has(message) && !BUNDLE.test(message);
    log[isNews ? PINO_LEVELS[level] : 'debug'](fieldsOf(meta), message);
  };
  return {
    log: write,
    trace: (message, meta) => write('TRACE', message, meta),
    debug: (message, meta) => write('DEBUG', message, meta),
    info: (message, meta) => write('INFO', message, meta),
    warn: (message, meta) => write('WARN', message, meta),
    error: (message, meta) => write('ERROR', message, meta),
  };
}

/** What the SDK says of each of our workers that has activities only, or no Nexus: all of it is meant. */
const TOLD_OTHERWISE = new Set([
  'No workflows registered, not polling for workflow tasks',
  'No Nexus services registered, not polling for Nexus tasks',
  // Told by ourselves, with the words of whoever refused, and in the trace that it belongs to.
  'Activity failed',
]);

/** What webpack says of the workflows, on many lines. */
const BUNDLE = /^asset /;

const PINO_LEVELS = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
} as const;

/**
 * With the session that it is about. The SDK names an error `error`; pino shows what `err` holds. Whoever has a task's
 * token may end the task.
 */
function fieldsOf(given: LogMetadata = {}): LogMetadata {
  const { error, taskToken: _, isLocal: __, ...meta } = given;
  const { workflowId = meta['workflow_id'], sessionId } = meta;
  const session = typeof workflowId === 'string' ? sessionOfWorkflow(workflowId) : null;
  return {
    ...(session === null || sessionId !== undefined ? {} : { sessionId: session }),
    ...meta,
    ...(error === undefined ? {} : { err: error }),
  };
}
