import type { Logger, LogLevel, LogMetadata } from '@temporalio/common';
import type { Logger as Pino } from 'pino';

/** Lets the Temporal SDK, and with it workflows and activities, write to `log`: one line an event. */
export function temporalLogger(log: Pino): Logger {
  const write = (level: LogLevel, message: string, meta?: LogMetadata) => {
    log[IDLE_NEWS.has(message) ? 'debug' : PINO_LEVELS[level]](withError(meta), message);
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
const IDLE_NEWS = new Set([
  'No workflows registered, not polling for workflow tasks',
  'No Nexus services registered, not polling for Nexus tasks',
]);

const PINO_LEVELS = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
} as const;

/** The SDK names an error `error`; pino shows what `err` holds, its message first. */
function withError({ error, ...meta }: LogMetadata = {}): LogMetadata {
  return error === undefined ? meta : { ...meta, err: error };
}
