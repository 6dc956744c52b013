import { describe, expect, test } from 'vitest';
import type { Configuration } from '../../src/domain/configuration.ts';
import type { ConfigurationUpdate } from '../../src/domain/reconciliation.ts';
import type { Task, TaskStart } from '../../src/domain/task.ts';
import { ProviderError } from '../../src/providers/errors.ts';
import type { LiveProvider } from '../../src/providers/port.ts';
import { foundOf, foundOrStarted } from './lost-start.ts';
import { NOBODY, SPACING_MS, type Vendor } from './vendor.ts';

/** How one provider takes part in the suite. */
export type Participant = {
  readonly vendor: () => Promise<Vendor>;
  readonly create: (url: string) => LiveProvider;
  /** What must be in no error. */
  readonly secrets: readonly string[];
  /** Behaviours that it cannot have, each with the reason. */
  readonly cannot?: Partial<Record<Behaviour, string>>;
};

const BEHAVIOURS = {
  'starts a task that then runs': async ({ provider, vendor }) => {
    const task = await started(provider);
    expect(await provider.look(task, 'room')).toBeNull();
    expect(vendor.tasks()).toMatchObject([{ id: task.id, channel: 'room' }]);
    expect(vendor.violations()).toEqual([]);
  },
  'starts a task with what is desired': async ({ vendor, running }) => {
    await running();
    expect(vendor.tasks()).toMatchObject([{ languages: ['en-US'], subscribeAudioUids: ['100'] }]);
  },
  'starts a task with every option': async ({ provider, vendor }) => {
    await started(provider, {
      configuration: FULL,
      options: {
        encryption: { mode: 'AES_256_GCM2', key: 'support' },
        captions: { sliceSeconds: 60 },
      },
    });
    expect(vendor.tasks()).toHaveLength(1);
  },
  'tells when a task ends at the latest': async ({ running }) => {
    const { task } = await running();
    expect(Date.parse(task.endsAt ?? '')).toBeGreaterThan(Date.parse(task.startedAt));
  },
  'adopts the task of a start whose answer was lost': async ({ provider, vendor }) => {
    const start = await preparedStart(provider);
    vendor.inject('start', { kind: 'lost-response' });
    await expect(provider.start(start)).rejects.toMatchObject({ kind: 'unavailable' });
    const task = await foundOrStarted(provider, start);
    expect(vendor.tasks()).toMatchObject([{ id: task.id }]);
  },
  'starts one task however often a start is repeated': async ({ provider, vendor }) => {
    const start = await preparedStart(provider);
    vendor.inject('start', { kind: 'lost-response' });
    await expect(provider.start(start)).rejects.toMatchObject({ kind: 'unavailable' });
    const task = await foundOrStarted(provider, start);
    expect(vendor.tasks()).toMatchObject([{ id: task.id }]);
    expect(await provider.start(start)).toMatchObject({ id: task.id });
    expect(vendor.tasks()).toHaveLength(1);
  },
  'finds nothing where nothing was started': async ({ provider, vendor }) => {
    const unansweredSince = new Date().toISOString();
    expect(
      await provider.find(await preparedStart(provider, { unansweredSince }), NOBODY),
    ).toBeNull();
    expect(vendor.tasks()).toEqual([]);
  },
  "does not take another's task for the one of a lost start": async ({ provider }) => {
    const other = await started(provider);
    const tried = {
      unansweredSince: new Date(0).toISOString(),
      triedUntil: '2100-01-01T00:00:00Z',
    };
    const start = await preparedStart(provider, { generation: 2, ...tried });
    const others = { exist: true, areKnown: true, tasks: [other.id] };
    expect((await foundOf(provider, start, others))?.id).not.toBe(other.id);
  },
  'does not take what began long after a lost start for its own': async ({ provider, vendor }) => {
    const triedUntil = new Date().toISOString();
    const start = await preparedStart(provider, { unansweredSince: triedUntil, triedUntil });
    vendor.advance(60_000);
    const later = await started(provider, { sessionId: 'another:room' });
    expect((await foundOf(provider, start))?.id).not.toBe(later.id);
  },
  'says when a start can no longer be repeated': async ({ provider, vendor, running }) => {
    const { task, start } = await running();
    vendor.end(task.id, 'left');
    await expect(provider.start(start)).rejects.toMatchObject({ facts: { isNameSpent: true } });
  },
  'updates exactly the fields that changed': async ({ provider, vendor, running }) => {
    const { task } = await running();
    vendor.advance(SPACING_MS);
    const configuration = { ...CONFIGURATION, languages: ['fr-FR'] };
    await update(provider)(task, {
      configuration,
      fields: ['languages'],
      sequenceId: 1,
      revision: 1,
    });
    vendor.advance(SPACING_MS);
    const both = { languages: ['de-DE'], subscribeAudioUids: ['7', '8'] };
    const fields = ['languages', 'subscribeAudioUids'] as const;
    await update(provider)(task, { configuration: both, fields, sequenceId: 2, revision: 2 });
    expect(vendor.tasks()).toMatchObject([both]);
    expect(vendor.violations()).toEqual([]);
  },
  'updates what else can change': async ({ provider, vendor, running }) => {
    const { task } = await running();
    vendor.advance(SPACING_MS);
    const fields = ['uidLanguages', 'translation'] as const;
    await update(provider)(task, { configuration: FULL, fields, sequenceId: 1, revision: 1 });
    expect(vendor.violations()).toEqual([]);
  },
  "refuses in the vendor's words": async ({ provider, vendor, running }) => {
    const start = await preparedStart(provider, {
      configuration: { ...CONFIGURATION, languages: ['xx-XX'] },
    });
    const refusal = { kind: 'rejected', message: expect.stringContaining('xx-XX') };
    await expect(provider.start(start)).rejects.toMatchObject(refusal);
    const { task } = await running();
    vendor.advance(SPACING_MS);
    const configuration = { ...CONFIGURATION, languages: ['xx-XX'] };
    const change = { configuration, fields: ['languages'], sequenceId: 1, revision: 1 } as const;
    await expect(update(provider)(task, change)).rejects.toMatchObject(refusal);
  },
  'tells throttled from unavailable, with the time to wait': async ({
    provider,
    vendor,
    running,
  }) => {
    const { task } = await running();
    vendor.inject('look', { kind: 'status', status: 429, retryAfterSeconds: 7 });
    await expect(provider.look(task, 'room')).rejects.toMatchObject({
      kind: 'throttled',
      facts: { retryAfterMs: 7_000 },
    });
    for (const fault of [{ kind: 'status', status: 503 }, { kind: 'reset' }] as const) {
      vendor.inject('look', fault);
      await expect(provider.look(task, 'room')).rejects.toMatchObject({ kind: 'unavailable' });
    }
  },
  'sees that a task failed': async ({ provider, vendor, running }) => {
    const { task } = await running();
    vendor.end(task.id, 'failed');
    expect(await provider.look(task, 'room')).toMatchObject({ cause: 'failed' });
  },
  'sees that a task was idle': async ({ provider, vendor, running }) => {
    const { task } = await running();
    vendor.end(task.id, 'idle');
    expect(await provider.look(task, 'room')).toMatchObject({ cause: 'idle' });
  },
  'says that it does not know a task': async ({ provider, vendor, running }) => {
    const { task } = await running();
    vendor.end(task.id, 'vanished');
    await expect(provider.look(task, 'room')).rejects.toMatchObject({ kind: 'not-found' });
  },
  'stops a task, and takes one that is gone as stopped': async ({ provider, vendor, running }) => {
    const { task } = await running();
    await provider.stop(task, 'room');
    const [{ endedAt } = { endedAt: null }] = vendor.tasks();
    expect(endedAt).not.toBeNull();
    await provider.stop(task, 'room');
  },
  'tells what runs, and no more of what has ended': async ({ provider, running }) => {
    const { task } = await running();
    expect(await provider.running?.()).toMatchObject([
      { task: { id: task.id, startedAt: task.startedAt } },
    ]);
    await provider.stop(task, 'room');
    expect(await provider.running?.()).toEqual([]);
  },
  'keeps its secrets out of every error': async ({ provider, vendor, secrets }) => {
    const start = await preparedStart(provider);
    vendor.inject('start', { kind: 'status', status: 400 });
    const error: unknown = await provider.start(start).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProviderError);
    const told = JSON.stringify(error, Object.getOwnPropertyNames(error));
    for (const secret of secrets) expect(told).not.toContain(secret);
  },
} satisfies Record<string, (scene: Scene) => Promise<void>>;
type Behaviour = keyof typeof BEHAVIOURS;

type Scene = {
  readonly provider: LiveProvider;
  readonly vendor: Vendor;
  readonly secrets: readonly string[];
  readonly running: () => Promise<{ task: Task; start: TaskStart }>;
};

const CONFIGURATION: Configuration = { languages: ['en-US'], subscribeAudioUids: ['100'] };
const FULL: Configuration = {
  ...CONFIGURATION,
  uidLanguages: [{ uid: '100', languages: ['fr-FR'] }],
  translation: [{ source: 'en-US', targets: ['de-DE', 'es-ES'] }],
};

/** What every live provider must do, against its simulator over real HTTP. */
export function describeLiveProvider(name: string, participant: Participant): void {
  const { create, secrets, cannot = {} } = participant;
  describe(`the live provider ${name}`, () => {
    for (const [behaviour, run] of Object.entries(BEHAVIOURS)) {
      const reason: string | undefined = Reflect.get(cannot, behaviour);
      if (reason !== undefined) continue;
      test(behaviour, async () => {
        const vendor = await participant.vendor();
        const provider = create(vendor.url);
        await run({
          provider,
          vendor,
          secrets,
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
    triedUntil: null,
    ...more,
  };
  return { ...start, key: await provider.prepare(start) };
}

async function started(provider: LiveProvider, more?: Partial<TaskStart>): Promise<Task> {
  return provider.start(await preparedStart(provider, more));
}

/** The provider's update, of one that has such a thing. */
function update(
  provider: LiveProvider,
): (task: Task, change: ConfigurationUpdate) => Promise<void> {
  if (provider.update === null) throw new Error(`${provider.name} cannot update`);
  return provider.update;
}
