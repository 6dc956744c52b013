import { describe, expect, test } from 'vitest';
import { isUid } from '../../src/domain/configuration-rules.ts';
import { applyChange, differingFields, readChange } from '../../src/domain/configuration.ts';
import type { Configuration, ConfigurationChange } from '../../src/domain/configuration.ts';

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
const NOW: Configuration = { languages: ['en-US'], subscribeAudioUids: ['100', '200'] };

describe('a change', () => {
  test.for<[string, ConfigurationChange, string[]]>([
    ['gives the complete set', { subscribeAudioUids: ['7'] }, ['7']],
    [
      'replaces the host who rejoined',
      { replaceAudioUid: { from: '200', to: '300' } },
      ['100', '300'],
    ],
    [
      'adds the new uid when the old one is gone',
      { replaceAudioUid: { from: '9', to: '300' } },
      ['100', '200', '300'],
    ],
    ['adds', { addAudioUids: ['300', '100'] }, ['100', '200', '300']],
    ['removes, also what is absent', { removeAudioUids: ['100', '9'] }, ['200']],
    [
      'replaces, removes and adds in this order',
      {
        replaceAudioUid: { from: '200', to: '300' },
        removeAudioUids: ['100', '300'],
        addAudioUids: ['300', '400'],
      },
      ['300', '400'],
    ],
    [
      'takes differences from the set that it gives',
      { subscribeAudioUids: ['1', '2'], removeAudioUids: ['1'] },
      ['2'],
    ],
    ['listens to everybody again', { subscribeAudioUids: ['all'] }, ['all']],
  ])('%s', ([, change, uids]) => {
    expect(applyChange(NOW, change, RULES)).toEqual({
      ok: true,
      configuration: { languages: ['en-US'], subscribeAudioUids: uids },
    });
  });

  test.for<[string, ConfigurationChange, string]>([
    ['leaves nobody', { removeAudioUids: ['100', '200'] }, 'subscribeAudioUids'],
    ['listens to more than the vendor can', { addAudioUids: ['1', '2'] }, 'subscribeAudioUids'],
    [
      'has more languages than the vendor takes',
      { languages: ['a1', 'fr-FR', 'de-DE'] },
      'languages',
    ],
    [
      'is a difference to everybody',
      { subscribeAudioUids: ['all'], addAudioUids: ['1'] },
      'addAudioUids',
    ],
  ])('that %s is a fault', ([, change, path]) => {
    const result = applyChange(NOW, change, RULES);
    expect(result).toMatchObject({
      ok: false,
      faults: expect.arrayContaining([expect.objectContaining({ path })]),
    });
  });

  test.for([
    [null],
    [[]],
    ['x'],
    [{}],
    [{ languages: 'fr-FR' }],
    [{ replaceAudioUid: { from: '1' } }],
    [{ replaceAudioUid: { from: 1, to: 2 } }],
    [{ mode: 'x' }],
  ])('that comes as %j is not read', ([value]) => {
    expect(readChange(value, RULES.limits)).toMatchObject({ ok: false });
  });
});

test('the order of languages and uids makes no difference', () => {
  const other = { languages: ['en-US'], subscribeAudioUids: ['200', '100'] };
  expect(differingFields(NOW, other)).toEqual([]);
  expect(differingFields(NOW, { ...other, languages: ['en-GB'] })).toEqual(['languages']);
});

test.for<[string, boolean]>([
  ['1', true],
  ['4294967295', true],
  ['4294967296', false],
  ['0', false],
  ['01', false],
  ['-1', false],
  ['1e3', false],
  ['host', false],
])('%s is a uid: %s', ([uid, expected]) => {
  expect(isUid(uid)).toBe(expected);
});
