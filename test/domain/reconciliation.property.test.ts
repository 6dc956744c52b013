import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  applyChange,
  CONFIGURATION_FIELDS,
  differingFields,
  readChange,
  type Configuration,
  type ConfigurationChange,
} from '../../src/domain/configuration.ts';
import { Reconciliation, type ConfigurationUpdate } from '../../src/domain/reconciliation.ts';
import { nextUpdateAtMs } from '../../src/domain/spacing.ts';
import { mutated, RUNS } from '../support/fuzzing.ts';

const RULES = {
  limits: {
    languages: 2,
    subscribeAudioUids: 4,
    uidLanguages: 2,
    translation: 2,
    translationTargets: 2,
    keywords: 2,
  },
  fixed: {},
};
const START: Configuration = { languages: ['en-US'], subscribeAudioUids: ['1', '2'] };

const uid = fc.constantFrom('1', '2', '3', '4', '5');
const uids = fc.uniqueArray(uid, { minLength: 1, maxLength: 3 });
const language = fc.constantFrom('en-US', 'fr-FR', 'de-DE');
const languages = fc.uniqueArray(language, { minLength: 1, maxLength: 2 });
const changes: fc.Arbitrary<ConfigurationChange> = fc.record(
  {
    languages,
    subscribeAudioUids: fc.oneof(uids, fc.constant(['all'])),
    keywords: fc.uniqueArray(fc.constantFrom('a', 'b'), { maxLength: 2 }),
    uidLanguages: fc.uniqueArray(fc.record({ uid, languages }), {
      maxLength: 2,
      selector: (member) => member.uid,
    }),
    replaceAudioUid: fc.record({ from: uid, to: uid }),
    addAudioUids: uids,
    removeAudioUids: uids,
  },
  { requiredKeys: [] },
);

/** The vendor, as simple as can be: it has a configuration, and takes every sequence id once. */
class Vendor {
  configuration: Configuration;
  readonly #sequenceIds: number[] = [];

  constructor(configuration: Configuration) {
    this.configuration = configuration;
  }

  take({ configuration, fields, sequenceId }: ConfigurationUpdate): void {
    expect(sequenceId).toBeGreaterThan(this.#sequenceIds.at(-1) ?? 0);
    this.#sequenceIds.push(sequenceId);
    const masked = Object.fromEntries(fields.map((field) => [field, configuration[field] ?? []]));
    this.configuration = { ...this.configuration, ...masked };
  }

  /** The request never came: its sequence id may have been seen all the same. */
  miss({ sequenceId }: ConfigurationUpdate): void {
    expect(sequenceId).toBeGreaterThan(this.#sequenceIds.at(-1) ?? 0);
    this.#sequenceIds.push(sequenceId);
  }
}

const events = fc.oneof(
  { weight: 3, arbitrary: changes.map((change) => ({ kind: 'change', change }) as const) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('update' as const),
      outcome: fc.constantFrom('confirmed', 'refused', 'lost after', 'lost before'),
      meanwhile: fc.array(changes, { maxLength: 2 }),
    }),
  },
  fc.constant({ kind: 'new task' } as const),
  fc.constant({ kind: 'next run' } as const),
);

type Scene = { reconciliation: Reconciliation; vendor: Vendor; isUndisturbed: boolean };

/** Accepts a change, and holds what is then desired against what it says. */
function accept({ reconciliation }: Scene, change: ConfigurationChange): void {
  const { desired, revision } = reconciliation;
  const expected = applyChange(desired, change, RULES);
  const result = reconciliation.accept(change);
  expect(result.ok).toBe(expected.ok);
  if (!expected.ok) {
    expect(reconciliation).toMatchObject({ desired, revision });
    return;
  }
  expect(differingFields(reconciliation.desired, expected.configuration)).toEqual([]);
  expect(reconciliation.revision - revision).toBeLessThanOrEqual(1);
  // What nobody asked for stays as it was.
  for (const field of CONFIGURATION_FIELDS) {
    const isUids =
      field === 'subscribeAudioUids' && Object.keys(change).some((name) => /Uid/.test(name));
    if (isUids || Object.hasOwn(change, field)) continue;
    expect(reconciliation.desired[field]).toEqual(desired[field]);
  }
}

/** Sends the next update, where there is one. */
function update(scene: Scene, wanted: string, meanwhile: readonly ConfigurationChange[]): void {
  const { reconciliation, vendor } = scene;
  const { applied, appliedRevision } = reconciliation;
  if (!reconciliation.isPending || applied === null) return;
  const differing = differingFields(reconciliation.desired, applied);
  const sent = reconciliation.takeUpdate();
  // No vendor refuses what it has taken before.
  const isTaken = differingFields(sent.configuration, applied).length === 0;
  const outcome = wanted === 'refused' && isTaken ? 'confirmed' : wanted;
  expect(sent.fields).toEqual(expect.arrayContaining(differing));
  if (scene.isUndisturbed) expect(sent.fields).toEqual(differing);
  if (outcome === 'confirmed' || outcome === 'lost after') vendor.take(sent);
  else vendor.miss(sent);
  for (const change of meanwhile) accept(scene, change);
  if (outcome === 'confirmed') {
    reconciliation.confirmed(sent);
    scene.isUndisturbed = true;
    expect(differingFields(vendor.configuration, sent.configuration)).toEqual([]);
  } else if (outcome === 'refused') {
    const last = reconciliation.refused(sent);
    expect(last).toBeGreaterThanOrEqual(sent.revision);
    expect(reconciliation.appliedRevision).toBeGreaterThanOrEqual(appliedRevision);
  } else scene.isUndisturbed = false;
}

function nextRun({ reconciliation }: Scene): Reconciliation {
  const state = JSON.parse(JSON.stringify(reconciliation.state));
  const next = new Reconciliation(START, RULES, state);
  expect(JSON.parse(JSON.stringify(next.state))).toEqual(state);
  expect(next.pendingFields).toEqual(reconciliation.pendingFields);
  return next;
}

test('whatever happens, the vendor ends with what was last accepted', () => {
  fc.assert(
    fc.property(fc.array(events, { maxLength: 30 }), (happened) => {
      const scene: Scene = {
        reconciliation: new Reconciliation(START, RULES),
        vendor: new Vendor(START),
        isUndisturbed: true,
      };
      scene.reconciliation.started(START);
      for (const event of happened) {
        switch (event.kind) {
          case 'change':
            accept(scene, event.change);
            break;
          case 'update':
            update(scene, event.outcome, event.meanwhile);
            break;
          case 'new task':
            scene.vendor = new Vendor(scene.reconciliation.startWith);
            scene.reconciliation.started(scene.reconciliation.startWith);
            scene.isUndisturbed = true;
            break;
          case 'next run':
            scene.reconciliation = nextRun(scene);
        }
        const { revision, appliedRevision } = scene.reconciliation;
        expect(appliedRevision).toBeLessThanOrEqual(revision);
      }
      const { reconciliation, vendor } = scene;
      if (reconciliation.isPending) update(scene, 'confirmed', []);
      expect(reconciliation.isPending).toBe(false);
      expect(differingFields(vendor.configuration, reconciliation.desired)).toEqual([]);
      expect(differingFields(reconciliation.applied ?? START, vendor.configuration)).toEqual([]);
    }),
    { numRuns: 1_000 * RUNS },
  );
});

test('a change and its undoing cost no call', () => {
  fc.assert(
    fc.property(changes, (change) => {
      const reconciliation = new Reconciliation(START, RULES);
      reconciliation.started(START);
      if (!reconciliation.accept(change).ok) return;
      const { languages: before, subscribeAudioUids } = START;
      const nothing = { keywords: [], uidLanguages: [], translation: [] };
      reconciliation.accept({ languages: before, subscribeAudioUids, ...nothing });
      const { isPending, revision, appliedRevision } = reconciliation;
      expect({ isPending, appliedRevision }).toEqual({
        isPending: false,
        appliedRevision: revision,
      });
    }),
  );
});

test('the order of a set means nothing', () => {
  fc.assert(
    fc.property(uids, languages, (some, spoken) => {
      const one: Configuration = { languages: spoken, subscribeAudioUids: some };
      const other = { languages: spoken.toReversed(), subscribeAudioUids: some.toReversed() };
      expect(differingFields(one, other)).toEqual([]);
    }),
  );
});

test('a change of any form is read, or refused by its faults', () => {
  const sample = {
    languages: ['en-US'],
    subscribeAudioUids: ['1'],
    uidLanguages: [{ uid: '1', languages: ['fr-FR'] }],
    translation: [{ source: 'en-US', targets: ['fr-FR'] }],
    keywords: ['a'],
    replaceAudioUid: { from: '1', to: '2' },
    addAudioUids: ['3'],
    removeAudioUids: ['4'],
  };
  fc.assert(
    fc.property(mutated(sample), (value) => {
      const read = readChange(value, RULES.limits);
      if (!read.ok) {
        expect(read.faults.length).toBeGreaterThan(0);
        return;
      }
      const result = applyChange(START, read.change, RULES);
      if (!result.ok) return;
      const { configuration } = result;
      for (const field of CONFIGURATION_FIELDS) {
        expect(configuration[field]?.length ?? 0).toBeLessThanOrEqual(RULES.limits[field]);
      }
    }),
  );
});

test('an update is never sent earlier than 5 s after the last answer', () => {
  fc.assert(
    fc.property(fc.nat(), fc.option(fc.nat(), { nil: undefined }), (answeredAtMs, retryAfterMs) => {
      const waitMs = nextUpdateAtMs(answeredAtMs, retryAfterMs) - answeredAtMs;
      expect(waitMs).toBe(Math.max(5_000, retryAfterMs ?? 0));
    }),
  );
});
