import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findTemporalBinary } from '../scripts/temporal-binary.mjs';
import { onlyTaskOf, settled, updatesOf } from '../src/demo/judgement.ts';
import type { AgoraLedger } from '../src/demo/simulators.ts';
import { listen } from './support/listen.ts';
import { eventually } from './support/stack.ts';

const DEMO = fileURLToPath(new URL('../src/demo.ts', import.meta.url));

/** A demo that runs, and ends with the test. */
type Demo = {
  readonly process: ChildProcess;
  /** Of its own; it is the TMPDIR of all its processes, by which they are found. */
  readonly folder: string;
  output(): string;
  /** Its exit code. */
  ended(): Promise<number | null>;
};

function startDemo(environment: NodeJS.ProcessEnv = {}, dotEnv = ''): Demo {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'demo-test-')));
  writeFileSync(join(folder, '.env'), dotEnv);
  const child = spawn(process.execPath, [DEMO], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TEMPORAL_CLI: findTemporalBinary(process.env),
      TMPDIR: folder,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const closed = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await closed;
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    process: child,
    folder,
    output: () => output,
    ended: async () => {
      await closed;
      return child.exitCode;
    },
  };
}

async function untilUp(demo: Demo): Promise<void> {
  await eventually(() => expect(demo.output()).toContain('Durascribe is up'), 60_000);
}

/** The processes that belong to a demo, with their arguments. */
function processesOf({ folder }: Demo): string[] {
  const lines = execFileSync('ps', ['axeww', '-o', 'pid,args'], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.includes(`TMPDIR=${folder}`));
}

describe('the demo', () => {
  test(
    'tells a story that the ledgers bear out, and leaves nothing',
    { timeout: 240_000 },
    async () => {
      let asked = 0;
      const real = await listen((_request, response) => {
        asked += 1;
        response.writeHead(500).end();
      });
      const variables = {
        AGORA_BASE_URL: real,
        AGORA_APP_ID: 'a-real-app',
        VIDEOSDK_BASE_URL: real,
        VIDEOSDK_API_KEY: 'a-real-key',
        AWS_ENDPOINT_URL: real,
        AWS_ENDPOINT_URL_S3: real,
        AWS_PROFILE: 'a-real-profile',
        VONAGE_APPLICATION_ID: 'a-real-application',
        TEMPORAL_ADDRESS: '127.0.0.1:1',
        DURASCRIBE_API_KEYS: 'not even a key',
      };
      const dotEnv = `DURASCRIBE_PORT=3000\nAGORA_CUSTOMER_ID=a-real-customer\nAWS_ENDPOINT_URL_TRANSCRIBE=${real}\n`;
      const demo = startDemo(variables, dotEnv);
      await untilUp(demo);
      const running = processesOf(demo).join('\n');
      for (const part of ['temporal', 'src/worker.ts', 'src/api.ts'])
        expect(running).toContain(part);

      const code = await demo.ended();
      expect({ code, output: demo.output() }).toMatchObject({ code: 0 });
      for (const claim of [
        /20 changes became 1 update call, [5-9]\.\d s after the start, with all 24 uids/,
        /Lost on the way: .*transcription-stopped/,
        /lecture is completed, videosdk:\S+ is stopped/,
        /The API goes on without any worker: late-upload is accepted \(201\)/,
        /The change that waited is applied, by 1 call/,
        /late-upload, accepted while there was no worker, is completed/,
        /agora:all-hands runs with task \w+: found, not started again/,
        /Carla: Good, then let us begin\./,
        /ch_0: Hello, this is Anna speaking\./,
        /Agora +3 tasks +0 running +0 rules broken/,
        /VideoSDK +1 task +0 running +0 rules broken/,
        /Amazon Transcribe +4 jobs +0 running +0 rules broken/,
        /Vonage +1 call +0 running +0 rules broken/,
        /The sessions\n[^]*agora:all-hands\n/,
      ]) {
        expect(demo.output()).toMatch(claim);
      }
      expect(demo.output()).not.toContain('\u001B');
      expect(demo.output()).not.toContain('/workflows/');
      expect(demo.output()).not.toMatch(/:(?:3000|7233|8233|401[0-4])\b/);
      expect(processesOf(demo)).toEqual([]);
      expect(readdirSync(demo.folder)).toEqual(['.env']);
      expect(asked).toBe(0);
    },
  );

  test('says what has failed, and leaves nothing running', { timeout: 120_000 }, async () => {
    const demo = startDemo();
    await untilUp(demo);
    const temporal = processesOf(demo).filter((line) =>
      / \S*temporal server start-dev /.test(line),
    );
    for (const line of temporal) {
      // The leash has the same arguments, after those of its own.
      if (!line.includes('leash')) process.kill(Number.parseInt(line, 10), 'SIGKILL');
    }
    expect(await demo.ended()).toBe(1);
    expect(demo.output()).toContain('The demo failed: The Temporal server ended unexpectedly');
    expect(processesOf(demo)).toEqual([]);
  });

  test('can be interrupted', { timeout: 120_000 }, async () => {
    const demo = startDemo();
    await untilUp(demo);
    demo.process.kill('SIGINT');
    expect(await demo.ended()).toBe(130);
    expect(demo.output()).toContain('Stopping.');
    expect(processesOf(demo)).toEqual([]);
    expect(readdirSync(demo.folder)).toEqual(['.env']);
  });
});

function call(operation: string, seconds: number): AgoraLedger['calls'][number] {
  return { at: new Date(seconds * 1_000).toISOString(), operation, status: 200, query: {} };
}

function task(agentId: string): AgoraLedger['tasks'][number] {
  return { agentId, status: 'RUNNING', endedAt: null };
}

describe('the judgement of the demo', () => {
  const ledger: AgoraLedger = {
    calls: [call('join', 0), call('list', 1), call('update', 5)],
    tasks: [task('one')],
    violations: [],
  };
  const account = {
    vendor: 'Agora',
    unit: 'task',
    expected: 1,
    billed: [{ endedAt: '2026-01-01T00:00:00Z' }],
    violations: [],
  };

  test('believes what is true', () => {
    expect(onlyTaskOf(ledger).agentId).toBe('one');
    expect(updatesOf(ledger, 1)).toEqual([5_000]);
    expect(settled(account)).toMatch(/Agora +1 task +0 running +0 rules broken/);
  });

  test.for<[string, Partial<AgoraLedger>, string]>([
    ['a second task', { tasks: [task('one'), task('two')] }, '2 tasks'],
    ['no task', { tasks: [] }, '0 tasks'],
    ['a second start', { calls: [...ledger.calls, call('join', 9)] }, '2 times'],
  ])('does not believe in one task where there is %s', ([, other, words]) => {
    expect(() => onlyTaskOf({ ...ledger, ...other })).toThrow(words);
  });

  test('does not believe in one update where there are two, or one too soon', () => {
    const two = { ...ledger, calls: [...ledger.calls, call('update', 10)] };
    expect(() => updatesOf(two, 1)).toThrow('2 update calls, not 1');
    const soon = { ...ledger, calls: [call('join', 0), call('update', 4)] };
    expect(() => updatesOf(soon, 1)).toThrow('only 4000 ms apart');
  });

  test.for([
    ['something still runs', { billed: [{ endedAt: null }] }, '1 task of Agora'],
    ['something was billed twice', { billed: [...account.billed, ...account.billed] }, '2 tasks'],
    ['a rule was broken', { violations: [{ rule: 'spacing', detail: 'too soon' }] }, 'too soon'],
  ] as const)('does not believe a bill where %s', ([, other, words]) => {
    expect(() => settled({ ...account, ...other })).toThrow(words);
  });
});
