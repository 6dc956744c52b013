import { itemsOf, textOf } from './speech.ts';
import type { Item, SpokenJob, Utterance } from './speech.ts';

/** The output as it was when channel identification was new, or as it is now. */
export type Shape = '2019' | 'today';

/** What the media of a job was heard to hold. */
export type Heard = {
  readonly job: SpokenJob;
  readonly utterances: readonly Utterance[];
  readonly languageCode: string;
  readonly languageScore: number;
  readonly languages: readonly { readonly code: string; readonly seconds: number }[];
};

export type DocumentOptions = {
  readonly accountId: string;
  readonly shape: Shape;
  /** Leaves out personal words. */
  readonly redacted: boolean;
};

type Numbered = { readonly id: number; readonly item: Item };

/** The output file of a job ("Amazon Transcribe output", "Identifying channels", "Partitioning speakers"). */
export function transcriptDocument(heard: Heard, options: DocumentOptions): object {
  const { job, utterances } = heard;
  const { Settings: settings = {} } = job.request;
  const channels = settings.ChannelIdentification ? (job.media.channels ?? 2) : 0;
  const said = redactedUtterances(job, options.redacted, inOrder(utterances, channels));
  let id = 0;
  const stretches = said.map((items) => items.map((item): Numbered => ({ id: id++, item })));
  const all = stretches.flat();
  const written = (numbered: Numbered) => itemEntry(heard, options, channels > 0, numbered);
  return {
    jobName: job.name,
    accountId: options.accountId,
    status: 'COMPLETED',
    ...(options.redacted && { isRedacted: true }),
    results: {
      ...languageFields(heard),
      transcripts: [{ transcript: said.map(textOf).join(' ') }],
      ...(channels > 0 && { channel_labels: channelLabels(all, channels, written, options.shape) }),
      ...(settings.ShowSpeakerLabels && { speaker_labels: speakerLabels(heard, stretches) }),
      items: all.map(written),
      ...(options.shape === 'today' && {
        audio_segments: stretches
          .filter((stretch) => stretch.length > 0)
          .map((stretch, index) => ({
            id: index,
            transcript: textOf(stretch.map(({ item }) => item)),
            ...timesOf(stretch),
            ...labelsOf(heard, channels > 0, stretch[0]?.item),
            items: stretch.map((numbered) => numbered.id),
          })),
      }),
    },
  };
}

/** The utterances as their subtitles have them: in order of time, each with its words. */
export function captions(heard: Heard, redacted: boolean): Item[][] {
  return redactedUtterances(heard.job, redacted, inOrder(heard.utterances, 0)).filter(
    (items) => items.length > 0,
  );
}

/** By time; with channels one channel after the other, as the service appends them. */
function inOrder(utterances: readonly Utterance[], channels: number): Utterance[] {
  const byTime = utterances.toSorted((one, other) => one.startSeconds - other.startSeconds);
  if (channels === 0) return byTime;
  return Array.from({ length: channels }, (_, channel) =>
    byTime.filter((utterance) => (utterance.channel ?? 0) === channel),
  ).flat();
}

function redactedUtterances(job: SpokenJob, redacted: boolean, said: Utterance[]): Item[][] {
  const types = job.request.ContentRedaction?.PiiEntityTypes ?? [];
  const every = types.length === 0 || types.includes('ALL');
  return said.map((utterance) =>
    itemsOf(utterance).map((item) => {
      const hidden =
        redacted && item.personal !== undefined && (every || types.includes(item.personal));
      return hidden ? { ...item, content: '[PII]' } : { ...item, personal: undefined };
    }),
  );
}

function itemEntry(
  heard: Heard,
  { shape }: DocumentOptions,
  byChannel: boolean,
  { id, item }: Numbered,
): object {
  const { content, personal, confidence } = item;
  return {
    ...(shape === 'today' && { id }),
    ...(item.type === 'pronunciation' && timesOf([{ id, item }])),
    alternatives: [
      personal === undefined
        ? { confidence: item.type === 'punctuation' ? '0.0' : decimal(confidence), content }
        : { content, redactions: [{ confidence: '0.9999' }] },
    ],
    type: item.type,
    ...labelsOf(heard, byChannel, shape === 'today' ? item : undefined),
    // In 2019 the flat list of items told the channel, the list of each channel did not.
    ...(shape === '2019' && byChannel && { channel_label: channelLabel(item) }),
  };
}

function labelsOf({ job }: Heard, byChannel: boolean, item: Item | undefined): object {
  if (!item) return {};
  const { ShowSpeakerLabels } = job.request.Settings ?? {};
  const { languageCode } = item.utterance;
  return {
    ...(byChannel && { channel_label: channelLabel(item) }),
    ...(ShowSpeakerLabels && { speaker_label: speakerLabel(job, item) }),
    ...(job.request.IdentifyMultipleLanguages && languageCode && { language_code: languageCode }),
  };
}

function channelLabels(
  all: readonly Numbered[],
  channels: number,
  written: (numbered: Numbered) => object,
  shape: Shape,
): object {
  const labels = Array.from({ length: channels }, (_, channel) => `ch_${channel}`);
  return {
    channels: labels.map((label) => ({
      channel_label: label,
      items: all
        .filter(({ item }) => channelLabel(item) === label)
        .map((numbered) => ({
          ...written(numbered),
          ...(shape === '2019' && { channel_label: undefined }),
        })),
    })),
    number_of_channels: channels,
  };
}

function speakerLabels({ job }: Heard, stretches: readonly Numbered[][]): object {
  const spoken = stretches.filter((stretch) => stretch.length > 0);
  return {
    segments: spoken.map((stretch) => ({
      ...timesOf(stretch),
      ...speakerField(job, stretch[0]),
      items: stretch
        .filter(({ item }) => item.type === 'pronunciation')
        .map((numbered) => ({ ...timesOf([numbered]), ...speakerField(job, numbered) })),
    })),
    channel_label: 'ch_0',
    speakers: new Set(spoken.map(([first]) => first && speakerLabel(job, first.item))).size,
  };
}

function speakerField(job: SpokenJob, numbered: Numbered | undefined): object {
  return numbered ? { speaker_label: speakerLabel(job, numbered.item) } : {};
}

function languageFields({ job, languageCode, languageScore, languages }: Heard): object {
  const { IdentifyLanguage, IdentifyMultipleLanguages } = job.request;
  return {
    ...(IdentifyLanguage && {
      language_code: languageCode,
      language_identification: [{ score: decimal(languageScore), code: languageCode }],
    }),
    ...(IdentifyMultipleLanguages && {
      language_codes: languages.map(({ code, seconds }) => ({
        language_code: code,
        duration_in_seconds: seconds,
      })),
    }),
  };
}

function timesOf(stretch: readonly Numbered[]): object {
  const [first, last] = [stretch[0]?.item, stretch.at(-1)?.item];
  return first && last
    ? { start_time: decimal(first.startSeconds), end_time: decimal(last.endSeconds) }
    : {};
}

function channelLabel({ utterance }: Item): string {
  return `ch_${utterance.channel ?? 0}`;
}

/** Whoever is beyond the number of speakers asked for counts as the last of them. */
function speakerLabel({ request }: SpokenJob, { utterance }: Item): string {
  const last = (request.Settings?.MaxSpeakerLabels ?? 30) - 1;
  return `spk_${Math.min(utterance.speaker ?? utterance.channel ?? 0, last)}`;
}

/** Numbers are strings in the output, with one decimal at least. */
function decimal(value: number): string {
  const text = String(Math.round(value * 1_000) / 1_000);
  return text.includes('.') ? text : `${text}.0`;
}
