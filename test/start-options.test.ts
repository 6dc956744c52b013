import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { historyText } from './support/histories.ts';
import { rulesBroken, tasksOf } from './support/ledger.ts';
import { startSession, startStack, stopSession, type Stack } from './support/stack.ts';

const SALT = Buffer.alloc(32, 1).toString('base64');
const CHANNEL_SECRET = 'a-secret-of-the-channel';

let stack: Stack;
let bare: Stack;
beforeAll(async () => {
  [stack, bare] = await Promise.all([
    startStack({
      environment: {
        AGORA_LEGACY: 'true',
        AGORA_ENCRYPTION_SECRET_support: CHANNEL_SECRET,
        AGORA_ENCRYPTION_SALT_support: SALT,
        AGORA_ENCRYPTION_SECRET_plain: 'another',
        AGORA_CAPTION_STORAGE_REGION: '0',
        AGORA_CAPTION_STORAGE_BUCKET: 'captions',
        AGORA_CAPTION_STORAGE_ACCESS_KEY: 'access-key',
        AGORA_CAPTION_STORAGE_SECRET_KEY: 'secret-key-of-the-store',
      },
    }),
    startStack(),
  ]);
});
afterAll(() => Promise.all([stack.stop(), bare.stop()]));

const OPTIONS = {
  unSubscribeAudioUids: ['9'],
  uidLanguages: [{ uid: '100', languages: ['fr-FR'] }],
  translation: [{ source: 'en-US', targets: ['de-DE', 'es-ES'] }],
  encryption: { mode: 'AES_256_GCM2', key: 'support' },
  captions: { sliceSeconds: 120 },
  maxIdleSeconds: 600,
};

describe.concurrent('the options of a start', () => {
  test.for(['agora', 'agora-legacy'])('reach the vendor (%s)', async (provider) => {
    const channel = `options ${provider}`;
    const keywords = provider === 'agora' ? { keywords: ['Durascribe'] } : {};
    const path = await startSession(stack, channel, { provider, ...OPTIONS, ...keywords });
    const join = stack.simulator
      .ledger(channel)
      .calls.find(({ operation }) => operation === 'join' || operation === 'start');
    expect(join?.body).toMatchObject({
      languages: ['en-US'],
      maxIdleTime: 600,
      uidLanguagesConfig: [{ uid: '100', languages: ['fr-FR'] }],
      translateConfig: { languages: [{ source: 'en-US', target: ['de-DE', 'es-ES'] }] },
      captionConfig: { sliceDuration: 120, storage: { bucket: 'captions' } },
      rtcConfig: { unSubscribeAudioUids: ['9'], cryptionMode: 8 },
      ...keywords,
    });
    expect(join?.body).not.toHaveProperty('rtcConfig.subscribeAudioUids');
    const history = await historyText(stack, `${provider}:${channel}`);
    expect(history).toContain('support');
    for (const secret of [CHANNEL_SECRET, SALT, 'secret-key-of-the-store']) {
      expect(history).not.toContain(secret);
    }
    await stopSession(stack, path);
    expect(rulesBroken(stack, channel)).toEqual([]);
  });

  test('can change while the session lives, where the vendor can change them', async () => {
    const path = await startSession(stack, 'changing options');
    const change = {
      uidLanguages: [{ uid: '7', languages: ['de-DE'] }],
      translation: [{ source: 'en-US', targets: ['fr-FR'] }],
      keywords: ['Temporal'],
    };
    const { status, body } = await stack.api('PATCH', path, change, { prefer: 'wait=20' });
    expect(status).toBe(200);
    expect(body['applied']).toMatchObject(change);
    const cleared = await stack.api('PATCH', path, { uidLanguages: [] }, { prefer: 'wait=20' });
    expect(cleared.status).toBe(200);
    expect(tasksOf(stack, 'changing options')).toMatchObject([
      { configuration: { uidLanguagesConfig: [], keywords: ['Temporal'] } },
    ]);
    await stopSession(stack, path);
    expect(rulesBroken(stack, 'changing options')).toEqual([]);
  });

  test('that cannot change are a 422', async () => {
    const path = await startSession(stack, 'fixed', { unSubscribeAudioUids: ['9'] });
    for (const change of [
      { encryption: OPTIONS.encryption },
      { captions: OPTIONS.captions },
      { unSubscribeAudioUids: ['8'] },
      { maxDurationSeconds: 60 },
      { subscribeAudioUids: ['7'] },
    ]) {
      expect(await stack.api('PATCH', path, change)).toMatchObject({
        status: 422,
        body: { errors: [{ path: Object.keys(change)[0] }] },
      });
    }
    await stopSession(stack, path);
  });

  test.for<[string, Record<string, unknown>, string[]]>([
    [
      'uids both in and out',
      { subscribeAudioUids: ['1'], unSubscribeAudioUids: ['2'] },
      ['unSubscribeAudioUids'],
    ],
    [
      'six uids left out',
      { unSubscribeAudioUids: ['1', '2', '3', '4', '5', '6'] },
      ['unSubscribeAudioUids'],
    ],
    [
      'six uids with languages',
      {
        uidLanguages: ['1', '2', '3', '4', '5', '6'].map((uid) => ({ uid, languages: ['en-US'] })),
      },
      ['uidLanguages'],
    ],
    [
      'a uid with five languages',
      { uidLanguages: [{ uid: '1', languages: ['en-US', 'fr-FR', 'de-DE', 'es-ES', 'it-IT'] }] },
      ['uidLanguages.0.languages'],
    ],
    [
      'a bad uid with languages',
      { uidLanguages: [{ uid: 'x', languages: ['en-US'] }] },
      ['uidLanguages.0.uid'],
    ],
    [
      'a uid with languages twice',
      {
        uidLanguages: [
          { uid: '1', languages: ['en-US'] },
          { uid: '1', languages: ['fr-FR'] },
        ],
      },
      ['uidLanguages'],
    ],
    [
      'five sources',
      {
        translation: ['en-US', 'fr-FR', 'de-DE', 'es-ES', 'it-IT'].map((source) => ({
          source,
          targets: ['ja-JP'],
        })),
      },
      ['translation'],
    ],
    [
      'a source that is its own target',
      { translation: [{ source: 'en-US', targets: ['en-US'] }] },
      ['translation.0.targets'],
    ],
    [
      '501 keywords',
      { keywords: Array.from({ length: 501 }, (_, index) => `k${index}`) },
      ['keywords'],
    ],
    [
      'an unknown encryption mode',
      { encryption: { mode: 'ROT13', key: 'support' } },
      ['encryption.mode'],
    ],
    [
      'an unknown encryption key',
      { encryption: { mode: 'AES_128_XTS', key: 'nobody' } },
      ['encryption.key'],
    ],
    [
      'a key without the salt that the mode wants',
      { encryption: { mode: 'AES_128_GCM2', key: 'plain' } },
      ['encryption.key'],
    ],
    [
      'a secret in the body',
      { encryption: { mode: 'AES_128_XTS', key: 'support', secret: 'x' } },
      ['encryption.secret'],
    ],
    ['slices that are too short', { captions: { sliceSeconds: 4 } }, ['captions.sliceSeconds']],
    [
      'many faults at once',
      {
        channel: 1,
        unSubscribeAudioUids: [],
        captions: { sliceSeconds: 1 },
        uidLanguages: [{ uid: 'x' }],
      },
      ['channel', 'unSubscribeAudioUids', 'captions.sliceSeconds', 'uidLanguages.0.languages'],
    ],
  ])('with %s are a 400 that names it', async ([, options, paths]) => {
    const body = { provider: 'agora', channel: 'bad', languages: ['en-US'], ...options };
    const answer = await stack.api('POST', '/v1/sessions', body);
    expect(answer.status).toBe(400);
    const errors: unknown = answer.body['errors'];
    expect(errors).toEqual(
      expect.arrayContaining(paths.map((path) => expect.objectContaining({ path }))),
    );
    expect(errors).toHaveLength(paths.length);
  });

  test('that need the environment name what is not set in it', async () => {
    const body = { provider: 'agora', channel: 'bad', languages: ['en-US'] };
    const more = { captions: {}, encryption: { mode: 'AES_128_XTS', key: 'support' } };
    const answer = await bare.api('POST', '/v1/sessions', { ...body, ...more });
    expect(answer.status).toBe(400);
    expect(answer.body['detail']).toContain('AGORA_CAPTION_STORAGE_BUCKET');
    expect(answer.body['detail']).toContain('AGORA_ENCRYPTION_SECRET_support');
    const legacy = await bare.api('POST', '/v1/sessions', { ...body, provider: 'agora-legacy' });
    expect(legacy).toMatchObject({ status: 400, body: { errors: [{ path: 'provider' }] } });
    expect(legacy.body['detail']).toContain('AGORA_LEGACY');
  });
});
