import { describe, expect, test } from 'vitest';
import type { Configuration } from '../../src/domain/configuration.ts';
import { Reconciliation } from '../../src/domain/reconciliation.ts';

const RULES = {
  limits: {
    languages: 2,
    subscribeAudioUids: 3,
    uidLanguages: 2,
    translation: 2,
    translationTargets: 2,
    keywords: 3,
  },
  fixed: {},
};
const START: Configuration = { languages: ['en-US'], subscribeAudioUids: ['1', '2'] };

function running(): Reconciliation {
  const reconciliation = new Reconciliation(START, RULES);
  reconciliation.started(START);
  return reconciliation;
}

describe('what is desired and what is applied', () => {
  test('nothing is pending after a start, nor before one', () => {
    expect(new Reconciliation(START, RULES).isPending).toBe(false);
    expect(running().isPending).toBe(false);
  });

  test('an update carries exactly the fields that differ, under the next sequence id', () => {
    const reconciliation = running();
    reconciliation.accept({ languages: ['fr-FR'] });
    expect(reconciliation.takeUpdate()).toEqual({
      configuration: { languages: ['fr-FR'], subscribeAudioUids: ['1', '2'] },
      fields: ['languages'],
      sequenceId: 1,
      revision: 1,
    });
  });

  test('the last word per field wins, and the fields are sent together', () => {
    const reconciliation = running();
    reconciliation.accept({ languages: ['fr-FR'] });
    reconciliation.accept({ addAudioUids: ['3'] });
    reconciliation.accept({ languages: ['de-DE'] });
    const update = reconciliation.takeUpdate();
    expect(update).toMatchObject({ revision: 3, fields: ['languages', 'subscribeAudioUids'] });
    expect(update.configuration).toEqual({
      languages: ['de-DE'],
      subscribeAudioUids: ['1', '2', '3'],
    });
  });

  test('a change that is undone is applied without an update', () => {
    const reconciliation = running();
    reconciliation.accept({ languages: ['fr-FR'] });
    reconciliation.accept({ languages: ['en-US'] });
    expect(reconciliation).toMatchObject({ isPending: false, revision: 2, appliedRevision: 2 });
  });

  test('a change that changes nothing keeps the revision', () => {
    const reconciliation = running();
    reconciliation.accept({ removeAudioUids: ['9'] });
    reconciliation.accept({ subscribeAudioUids: ['2', '1'] });
    expect(reconciliation.revision).toBe(0);
  });

  test('a change undone while its update is under way is undone by another update', () => {
    const reconciliation = running();
    reconciliation.accept({ languages: ['fr-FR'] });
    const update = reconciliation.takeUpdate();
    reconciliation.accept({ languages: ['en-US'] });
    expect(reconciliation.appliedRevision).toBe(0);
    reconciliation.confirmed(update);
    expect(reconciliation).toMatchObject({ isPending: true, appliedRevision: 1 });
    expect(reconciliation.takeUpdate()).toMatchObject({ fields: ['languages'], sequenceId: 2 });
  });

  test('a refusal falls back to what is applied, and keeps what came meanwhile', () => {
    const reconciliation = running();
    reconciliation.accept({ languages: ['xx-XX'] });
    const update = reconciliation.takeUpdate();
    reconciliation.accept({ replaceAudioUid: { from: '2', to: '3' } });
    expect(reconciliation.refused(update)).toBe(1);
    expect(reconciliation.desired).toEqual({
      languages: ['en-US'],
      subscribeAudioUids: ['1', '3'],
    });
    expect(reconciliation).toMatchObject({
      appliedRevision: 0,
      pendingFields: ['subscribeAudioUids'],
    });
  });

  test('a refusal takes with it the later change that only made sense on top of it', () => {
    const reconciliation = running();
    reconciliation.accept({ subscribeAudioUids: ['8', '9'] });
    const update = reconciliation.takeUpdate();
    reconciliation.accept({ removeAudioUids: ['1', '2', '8'] });
    expect(reconciliation.refused(update)).toBe(2);
    expect(reconciliation).toMatchObject({ desired: START, isPending: false });
  });

  test('the fields of an update without an answer are sent again, even when they look the same', () => {
    const reconciliation = running();
    reconciliation.accept({ languages: ['fr-FR'] });
    reconciliation.takeUpdate();
    reconciliation.accept({ languages: ['en-US'] });
    expect(reconciliation.takeUpdate()).toMatchObject({
      configuration: START,
      fields: ['languages'],
      sequenceId: 2,
    });
  });

  test('a refusal of what is applied already ends the doubt instead of trying for ever', () => {
    const reconciliation = running();
    reconciliation.accept({ languages: ['fr-FR'] });
    reconciliation.takeUpdate();
    reconciliation.accept({ languages: ['en-US'] });
    reconciliation.refused(reconciliation.takeUpdate());
    expect(reconciliation.isPending).toBe(false);
  });

  test("sequence ids go on above the vendor's, and begin anew with a new task", () => {
    const reconciliation = running();
    reconciliation.accept({ languages: ['fr-FR'] });
    reconciliation.takeUpdate();
    reconciliation.adoptSequence(7);
    expect(reconciliation.takeUpdate().sequenceId).toBe(8);
    reconciliation.started(reconciliation.startWith);
    expect(reconciliation.takeUpdate().sequenceId).toBe(1);
  });

  test('a new task starts with what was applied, not with what never was', () => {
    const reconciliation = running();
    reconciliation.accept({ languages: ['fr-FR'] });
    reconciliation.confirmed(reconciliation.takeUpdate());
    reconciliation.accept({ languages: ['xx-XX'] });
    expect(reconciliation.startWith.languages).toEqual(['fr-FR']);
  });
});
