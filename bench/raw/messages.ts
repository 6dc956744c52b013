import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Configuration } from '../../src/domain/configuration.ts';
import type { Task } from '../../src/domain/task.ts';

/** What a bare session is started with. */
export type RawRequest = { readonly channel: string; readonly configuration: Configuration };

/** What it shows in its memo, to whoever reads it. */
export type RawView = {
  readonly status: 'starting' | 'running' | 'stopped';
  readonly desired: Configuration;
  readonly applied: Configuration | null;
  readonly revision: number;
  readonly taskId: string | null;
};

/** What one run leaves to the next. */
export type RawState = {
  readonly view: RawView;
  readonly task: Task;
  readonly notBeforeMs: number;
  readonly sequenceId: number;
};

/** Returns the revision of the change. */
export const change = defineUpdate<number, [Partial<Configuration>]>('change');
export const stop = defineSignal('stop');

/** The workflow's id. */
export function rawId(channel: string): string {
  return `raw:${channel}`;
}
