import type { TaskEnd } from '../../domain/task.ts';
import { VENDOR, type Transcription } from './client.ts';

/** The documented statuses are `running` and `completed`; what failed is told by webhook, in words of no list. */
export function endOf({ status: told }: Pick<Transcription, 'status'>): TaskEnd | null {
  const status = told ?? 'running';
  if (/fail|error/i.test(status)) return { cause: 'failed', message: `${VENDOR}: ${status}` };
  const hasEnded = /^(?:completed|stopped|ended)$/i.test(status);
  return hasEnded ? { cause: 'vendor', message: `${VENDOR}: ${status}` } : null;
}

export function isRunning(transcription: Pick<Transcription, 'status'>): boolean {
  return endOf(transcription) === null;
}
