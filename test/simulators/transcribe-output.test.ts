import { describe, expect, test } from 'vitest';
import { callInChannels, transcribeCaller, wav } from './transcribe-caller.ts';
import type { Json } from './transcribe-caller.ts';

const CHANNELS = { Settings: { ChannelIdentification: true } } as const;
const speech = () => callInChannels;

describe('the transcript', () => {
  test('lists what was said in order of time, without labels', async () => {
    const caller = await transcribeCaller({ speech });
    await caller.finished();
    const { accountId, results } = await caller.output('job.json');
    expect(accountId).toBe('111122223333');
    expect(results.transcripts).toEqual([{ transcript: 'Zero! One, two. Anna?' }]);
    expect(results.items.slice(0, 4)).toEqual([
      word({ id: 0, content: 'Zero', start_time: '0.25', end_time: '0.5', confidence: '0.5' }),
      mark({ id: 1, content: '!' }),
      word({ id: 2, content: 'One', start_time: '1.0', end_time: '2.0' }),
      mark({ id: 3, content: ',' }),
    ]);
    expect(results['audio_segments']).toMatchObject([
      { id: 0, transcript: 'Zero!', start_time: '0.25', end_time: '0.5', items: [0, 1] },
      { id: 1, transcript: 'One, two.', start_time: '1.0', end_time: '3.0', items: [2, 3, 4, 5] },
      { id: 2, transcript: 'Anna?' },
    ]);
    expect(results).not.toHaveProperty('channel_labels');
    expect(results).not.toHaveProperty('speaker_labels');
  });

  test('has one channel after the other where channels are identified', async () => {
    const caller = await transcribeCaller({ speech });
    await caller.finished(CHANNELS);
    const { results } = await caller.output('job.json');
    expect(results.transcripts).toEqual([{ transcript: 'One, two. Anna? Zero!' }]);
    expect(labelsOf(results.items, 'channel_label')).toBe('ch_0 '.repeat(6) + 'ch_1 ch_1');
    expect(results['channel_labels']).toEqual({
      channels: [
        { channel_label: 'ch_0', items: results.items.slice(0, 6) },
        { channel_label: 'ch_1', items: results.items.slice(6) },
      ],
      number_of_channels: 2,
    });
  });

  test('of a mono file has one channel', async () => {
    const caller = await transcribeCaller({ speech });
    await caller.s3.put('audio', 'call.wav', wav(1));
    await caller.finished(CHANNELS);
    expect((await caller.output('job.json')).results['channel_labels']).toMatchObject({
      channels: [{ channel_label: 'ch_0' }],
      number_of_channels: 1,
    });
  });

  test('of silence is complete and empty', async () => {
    const caller = await transcribeCaller({ speech: () => [] });
    await caller.finished(CHANNELS);
    expect((await caller.output('job.json')).results).toEqual({
      transcripts: [{ transcript: '' }],
      channel_labels: {
        channels: [
          { channel_label: 'ch_0', items: [] },
          { channel_label: 'ch_1', items: [] },
        ],
        number_of_channels: 2,
      },
      items: [],
      audio_segments: [],
    });
  });

  test('of 2019 has neither ids nor segments, nor labels inside of a channel', async () => {
    const caller = await transcribeCaller({ speech, shape: '2019' });
    await caller.finished(CHANNELS);
    const { results } = await caller.output('job.json');
    expect(results).not.toHaveProperty('audio_segments');
    expect(results).toMatchObject({
      channel_labels: { channels: [{ channel_label: 'ch_0' }, { channel_label: 'ch_1' }] },
    });
    expect(JSON.stringify(results['channel_labels'])).not.toMatch(/"id"|"type":"\w+","channel/);
    expect(results.items[0]).toMatchObject({ channel_label: 'ch_0', type: 'pronunciation' });
  });

  test('tells speakers apart, up to the number asked for', async () => {
    const said = callInChannels.map((utterance, speaker) => ({ ...utterance, speaker }));
    const caller = await transcribeCaller({ speech: () => said });
    await caller.finished({ Settings: { ShowSpeakerLabels: true, MaxSpeakerLabels: 2 } });
    const { results } = await caller.output('job.json');
    expect(labelsOf(results.items, 'speaker_label')).toBe(
      'spk_1 spk_1 spk_0 spk_0 spk_0 spk_0 spk_1 spk_1',
    );
    const first = { start_time: '0.25', end_time: '0.5', speaker_label: 'spk_1' };
    expect(results['speaker_labels']).toMatchObject({
      channel_label: 'ch_0',
      speakers: 2,
      segments: [{ ...first, items: [first] }, { items: [{}, {}] }, { items: [{}] }],
    });
  });

  test('names the language that was identified', async () => {
    const caller = await transcribeCaller({ speech });
    const job = await caller.finished({
      LanguageCode: undefined,
      IdentifyLanguage: true,
      LanguageOptions: ['es-ES', 'en-GB'],
    });
    expect(job).toMatchObject({ LanguageCode: 'es-ES', IdentifiedLanguageScore: 0.97 });
    expect((await caller.output('job.json')).results).toMatchObject({
      language_code: 'es-ES',
      language_identification: [{ code: 'es-ES', score: '0.97' }],
    });
  });

  test('names every language that was identified, and how long it was spoken', async () => {
    const said = [
      ...callInChannels.slice(0, 2),
      { ...callInChannels[2], languageCode: 'fr-FR' },
    ].map((utterance) => ({
      text: '',
      startSeconds: 0,
      endSeconds: 0,
      ...utterance,
    }));
    const caller = await transcribeCaller({ speech: () => said });
    const job = await caller.finished({
      LanguageCode: undefined,
      IdentifyMultipleLanguages: true,
    });
    expect(job.LanguageCode).toBeUndefined();
    expect(job.LanguageCodes).toEqual([
      { LanguageCode: 'en-US', DurationInSeconds: 2.25 },
      { LanguageCode: 'fr-FR', DurationInSeconds: 0.5 },
    ]);
    const { results } = await caller.output('job.json');
    expect(results['language_codes']).toEqual([
      { language_code: 'en-US', duration_in_seconds: 2.25 },
      { language_code: 'fr-FR', duration_in_seconds: 0.5 },
    ]);
    expect(results.items.at(-1)).toMatchObject({ language_code: 'fr-FR' });
  });
});

type Word = { id: number; content: string; start_time: string; end_time: string };

function word({ content, confidence = '0.99', ...rest }: Word & { confidence?: string }): Json {
  return { ...rest, alternatives: [{ confidence, content }], type: 'pronunciation' };
}

function mark({ id, content }: Pick<Word, 'id' | 'content'>): Json {
  return { id, alternatives: [{ confidence: '0.0', content }], type: 'punctuation' };
}

function labelsOf(items: readonly Json[], label: string): string {
  return items.map((item) => String(item[label])).join(' ');
}
