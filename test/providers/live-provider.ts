import { describe, expect, test } from 'vitest';
import { SIMULATED_AGORA } from '../../simulators/credentials.ts';
import type { Configuration } from '../../src/domain/configuration.ts';
import type { Task, TaskStart } from '../../src/domain/task.ts';
import { ProviderError } from '../../src/providers/errors.ts';
import type { LiveProvider } from '../../src/providers/port.ts';
import { agoraCaller, SPACING_MS, type Caller } from '../simulators/agora-caller.ts';

type Operation = 'start' | 'look' | 'update' | 'stop';

/** How one provider takes part in the suite. */
export type Participant = {
  readonly create: (url: string) => LiveProvider;
  /** What the simulator calls each of the provider's calls. */
  readonly operations: Record<Operation, Parameters<Caller['simulator']['inject']>[0]['operation']>;
  /** Behaviours that it cannot have, each with the reason. */
  readonly cannot?: Partial<Record<Behaviour, string>>;
};

const BEHAVIOURS = {
  'starts a task that then runs': async ({ provider, caller }) => {
    const task = await started(provider);
    expect(await provider.look(task, 'room')).toBeNull();
    expect(Date.parse(task.endsAt)).toBeGreaterThan(Date.parse(task.startedAt));
    expect(caller.simulator.ledger().tasks).toMatchObject([
      { agentId: task.id, channel: 'room', languages: ['en-US'], subscribeAudioUids: ['100'] },
    ]);
  },
  'starts a task with every option': async ({ provider, caller }) => {
    await started(provider, {
      configuration: FULL,
      options: {
        encryption: { mode: 'AES_256_GCM2', key: 'support' },
        captions: { sliceSeconds: 60 },
      },
    });
    expect(caller.simulator.ledger().tasks).toHaveLength(1);
  },
  'starts one task however often a start is repeated': async ({ provider, caller, inject }) => {
    const start = await preparedStart(provider);
    inject('start', { kind: 'lost-response' });
    await expect(provider.start(start)).rejects.toMatchObject({ kind: 'unavailable' });
    const again = { ...start, unansweredSince: new Date().toISOString() };
    const task = (await provider.find(again, NOBODY)) ?? (await provider.start(again));
    expect(caller.simulator.ledger().tasks).toMatchObject([{ agentId: task.id }]);
    expect(await provider.start(again)).toMatchObject({ id: task.id });
    expect(caller.simulator.ledger().tasks).toHaveLength(1);
  },
  'finds nothing where nothing was started': async ({ provider, caller }) => {
    const unansweredSince = new Date().toISOString();
    expect(
      await provider.find(await preparedStart(provider, { unansweredSince }), NOBODY),
    ).toBeNull();
    expect(caller.simulator.ledger().tasks).toEqual([]);
  },
  "does not take another's task for the one of a lost start": async ({ provider }) => {
    const other = await started(provider);
    const start = await preparedStart(provider, {
      generation: 2,
      unansweredSince: new Date(0).toISOString(),
    });
    expect((await provider.find(start, { exist: true, tasks: [other.id] }))?.id).not.toBe(other.id);
  },
  'says when a start can no longer be repeated': async ({ provider, caller, running }) => {
    const { task, start } = await running();
    caller.simulator.endTask(task.id, 'left');
    await expect(provider.start(start)).rejects.toMatchObject({ facts: { isNameSpent: true } });
  },
  'updates exactly the fields that changed': async ({ provider, caller, running }) => {
    const { task } = await running();
    caller.advance(SPACING_MS);
    const configuration = { ...CONFIGURATION, languages: ['fr-FR'] };
    await provider.update(task, {
      configuration,
      fields: ['languages'],
      sequenceId: 1,
      revision: 1,
    });
    caller.advance(SPACING_MS);
    const both = { languages: ['de-DE'], subscribeAudioUids: ['7', '8'] };
    const fields = ['languages', 'subscribeAudioUids'] as const;
    await provider.update(task, { configuration: both, fields, sequenceId: 2, revision: 2 });
    expect(caller.simulator.ledger().tasks).toMatchObject([both]);
    expect(caller.simulator.ledger().violations).toEqual([]);
  },
  'updates what else can change': async ({ provider, caller, running }) => {
    const { task } = await running();
    caller.advance(SPACING_MS);
    const fields = ['uidLanguages', 'translation'] as const;
    await provider.update(task, { configuration: FULL, fields, sequenceId: 1, revision: 1 });
    expect(caller.simulator.ledger().violations).toEqual([]);
  },
  "refuses in the vendor's words": async ({ provider, caller, running }) => {
    const start = await preparedStart(provider, {
      configuration: { ...CONFIGURATION, languages: ['xx-XX'] },
    });
    const refusal = { kind: 'rejected', message: expect.stringContaining('xx-XX') };
    await expect(provider.start(start)).rejects.toMatchObject(refusal);
    const { task } = await running();
    caller.advance(SPACING_MS);
    const configuration = { ...CONFIGURATION, languages: ['xx-XX'] };
    const update = { configuration, fields: ['languages'], sequenceId: 1, revision: 1 } as const;
    await expect(provider.update(task, update)).rejects.toMatchObject(refusal);
  },
  'tells throttled from unavailable, with the time to wait': async ({
    provider,
    inject,
    running,
  }) => {
    const { task } = await running();
    inject('look', { kind: 'status', status: 429, retryAfterSeconds: 7 });
    await expect(provider.look(task, 'room')).rejects.toMatchObject({
      kind: 'throttled',
      facts: { retryAfterMs: 7_000 },
    });
    for (const fault of [{ kind: 'status', status: 503 }, { kind: 'reset' }] as const) {
      inject('look', fault);
      await expect(provider.look(task, 'room')).rejects.toMatchObject({ kind: 'unavailable' });
    }
  },
  'sees that a task failed': async ({ provider, caller, running }) => {
    const { task } = await running();
    caller.simulator.endTask(task.id, 'failed');
    expect(await provider.look(task, 'room')).toMatchObject({ cause: 'failed' });
  },
  'sees that a task was idle': async ({ provider, caller, running }) => {
    const { task } = await running();
    caller.simulator.endTask(task.id, 'idle');
    expect(await provider.look(task, 'room')).toMatchObject({ cause: 'idle' });
  },
  'says that it does not know a task': async ({ provider, caller, running }) => {
    const { task } = await running();
    caller.simulator.endTask(task.id, 'vanished');
    await expect(provider.look(task, 'room')).rejects.toMatchObject({ kind: 'not-found' });
  },
  'stops a task, and takes one that is gone as stopped': async ({ provider, caller, running }) => {
    const { task } = await running();
    await provider.stop(task);
    expect(caller.simulator.ledger().tasks).toMatchObject([
      { status: 'STOPPED', endCause: 'left' },
    ]);
    await provider.stop(task);
  },
  'keeps its secrets out of every error': async ({ provider, inject }) => {
    const start = await preparedStart(provider);
    inject('start', { kind: 'status', status: 400 });
    const error: unknown = await provider.start(start).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProviderError);
    const told = JSON.stringify(error, Object.getOwnPropertyNames(error));
    const { appCertificate, customerSecret } = SIMULATED_AGORA;
    for (const secret of [appCertificate, customerSecret, '007eJx'])
      expect(told).not.toContain(secret);
  },
} satisfies Record<string, (scene: Scene) => Promise<void>>;
type Behaviour = keyof typeof BEHAVIOURS;

type Scene = {
  readonly provider: LiveProvider;
  readonly caller: Caller;
  readonly inject: (
    operation: Operation,
    fault: Parameters<Caller['simulator']['inject']>[0]['fault'],
  ) => void;
  readonly running: () => Promise<{ task: Task; start: TaskStart }>;
};

const NOBODY = { exist: false, tasks: [] };
const CONFIGURATION: Configuration = { languages: ['en-US'], subscribeAudioUids: ['100'] };
const FULL: Configuration = {
  ...CONFIGURATION,
  uidLanguages: [{ uid: '100', languages: ['fr-FR'] }],
  translation: [{ source: 'en-US', targets: ['de-DE', 'es-ES'] }],
};

/** What every live provider must do, against its simulator over real HTTP. */
export function describeLiveProvider(name: string, participant: Participant): void {
  const { create, operations, cannot = {} } = participant;
  describe(`the live provider ${name}`, () => {
    for (const [behaviour, run] of Object.entries(BEHAVIOURS)) {
      const reason: string | undefined = Reflect.get(cannot, behaviour);
      if (reason !== undefined) continue;
      test(behaviour, async () => {
        const caller = await agoraCaller({ startingMs: 0 });
        const provider = create(caller.url);
        await run({
          provider,
          caller,
          inject: (operation, fault) =>
            caller.simulator.inject({ operation: operations[operation], fault }),
          running: async () => {
            const start = await preparedStart(provider);
            return { start, task: await provider.start(start) };
          },
        });
      });
    }
    test('names a reason for everything that it cannot do', () => {
      for (const reason of Object.values(cannot)) expect(reason.length).toBeGreaterThan(20);
      expect(Object.keys(BEHAVIOURS)).toEqual(expect.arrayContaining(Object.keys(cannot)));
    });
  });
}

/** A start that is ready to be made. */
export async function preparedStart(
  provider: LiveProvider,
  more: Partial<TaskStart> = {},
): Promise<TaskStart> {
  const start: TaskStart = {
    sessionId: 'a:room',
    firstRunId: 'run-1',
    generation: 1,
    channel: 'room',
    configuration: CONFIGURATION,
    options: {},
    maxIdleSeconds: 300,
    maxDurationSeconds: 3_600,
    key: null,
    otherTasks: [],
    unansweredSince: null,
    ...more,
  };
  return { ...start, key: await provider.prepare(start) };
}

async function started(provider: LiveProvider, more?: Partial<TaskStart>): Promise<Task> {
  return provider.start(await preparedStart(provider, more));
}
