import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { decodedHistory } from './decoded-history.ts';
import type { Stack } from './stack.ts';

const FOLDER = fileURLToPath(new URL('../histories/', import.meta.url));

/**
 * Keeps the history of an ended session as a golden one, when the tests run with RECORD_HISTORIES=1 and there is
 * none of this name yet, decrypted; that of its last run, where no other is named. A golden history is never written over: what once
 * ran must replay for ever.
 */
export async function keepHistory(
  { client }: Stack,
  id: string,
  name: string,
  runId?: string,
): Promise<void> {
  const file = `${FOLDER}${name}.json`;
  if (process.env['RECORD_HISTORIES'] !== '1' || existsSync(file)) return;
  const handle = client.workflow.getHandle(id, runId, { followRuns: false });
  // However it ends, until then the history is not whole.
  await handle.result().catch(() => undefined);
  const history = await decodedHistory(client, await handle.fetchHistory());
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(file, `${JSON.stringify(history, portable)}\n`);
}

/** All that is in a session's history, payloads decrypted. */
export async function historyText({ client }: Stack, id: string): Promise<string> {
  const history = await client.workflow.getHandle(id).fetchHistory();
  return readableText(await decodedHistory(client, history));
}

/** A history as JSON, its payloads readable. */
export function readableText(history: unknown): string {
  return JSON.stringify(history, readable);
}

function readable(key: string, value: unknown): unknown {
  return key === 'data' && typeof value === 'string'
    ? Buffer.from(value, 'base64').toString()
    : value;
}

/** Stack traces name folders of the machine that recorded, and replay has no use for them. */
function portable(key: string, value: unknown): unknown {
  return key === 'stackTrace' ? '' : value;
}

export type GoldenHistory = {
  readonly name: string;
  /** Of the workflow that it was recorded of: its children's ids are made of it. */
  readonly workflowId: string;
  readonly type: string;
  readonly history: unknown;
};

/**
 * Why each of `histories` can't be replayed by the workflows of `folder`, which has all of the product's code; undefined
 * of those that can.
 */
export async function replay(
  folder: string,
  histories: readonly GoldenHistory[],
): Promise<Record<string, string | undefined>> {
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: join(folder, 'src/workflows/index.ts'),
    workflowInterceptorModules: [join(folder, 'src/workflows/tracing.ts')],
    payloadConverterPath: join(folder, 'src/workflows/payload-converter.ts'),
    logger: new DefaultLogger('WARN'),
  });
  const results: Record<string, string | undefined> = {};
  const left = histories.map(({ name }) => name);
  // One at a time, in their order; several may be of one workflow id.
  for await (const { error } of Worker.runReplayHistories({ workflowBundle }, histories)) {
    results[left.shift() ?? ''] = error?.message;
  }
  return results;
}

/** Every golden history. */
export function goldenHistories(): GoldenHistory[] {
  return readdirSync(FOLDER).map((file) => readHistory(FOLDER + file));
}

/** The history in a file, as `temporal workflow show --output json` prints it. */
export function readHistory(file: string): GoldenHistory {
  const name = basename(file, '.json');
  const history: Recorded = JSON.parse(readFileSync(file, 'utf8'));
  const started = history.events[0]?.workflowExecutionStartedEventAttributes;
  const type = started?.workflowType?.name ?? '';
  return { name, workflowId: started?.workflowId ?? name, type, history };
}

type Recorded = {
  readonly events: readonly {
    readonly workflowExecutionStartedEventAttributes?: {
      readonly workflowId?: string;
      readonly workflowType?: { readonly name?: string };
    };
  }[];
};
