import { addAbortListener } from 'node:events';
import { Readable } from 'node:stream';
import type { Media } from '../domain/recording.ts';
import { ProviderError } from '../providers/errors.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { containerOf, isAtMostStereo, looksLike, SNIFF_BYTES, WAV } from './containers.ts';
import type { Container } from './containers.ts';
import { counted } from './counted.ts';
import type { ArchiveProgress, Expected } from './counted.ts';
import type { OpenedMedia } from './open-url.ts';
import { splitWav } from './split-wav.ts';
import { wavHeaderOf } from './wav.ts';
import type { WavHeader } from './wav.ts';

/** Samples that have not begun by then never will. */
const LONGEST_WAV_HEADER_BYTES = 1_048_576;
/** Of one transcription by Amazon. */
const MAX_CHANNELS = 2;
/** As many as a request may have; each is uploaded beside the others. */
const MOST_CHANNELS = 32;

/** A recording to be archived. */
export type ArchivedRecording = Expected & {
  readonly open: () => Promise<OpenedMedia>;
  /** How many channels with a speaker each it is said to have; null = they are not told apart. */
  readonly channels: number | null;
};

/** Where to: the keys begin with `prefix`, which ends in `/` and is this recording's alone. */
export type ArchiveTarget = {
  readonly store: Pick<ObjectStore, 'bucket' | 'upload' | 'abortUnfinished'>;
  readonly prefix: string;
};

export type Archived = { readonly media: Media[]; readonly bytes: number };

/** A recording whose beginning has been read. */
type Begun = {
  readonly head: Buffer;
  readonly rest: AsyncIterator<Buffer, void>;
  /** Of all of it; null = not known. */
  readonly fileBytes: number | null;
  readonly channels: number | null;
};

/** Keeps an object of the recording. */
type Keep = (body: Readable, name: string, contentType: string) => Promise<void>;

/**
 * Streams a recording into the bucket: as it is, as `audio.<extension>`, or, where it has more channels than are
 * transcribed together, as `ch_<n>.wav` for each of them. The keys are the same at every attempt, which first gives up
 * what a killed one left; one that fails leaves nothing. Throws a ProviderError, or the signal's reason.
 */
export async function archive(
  recording: ArchivedRecording,
  target: ArchiveTarget,
  progress: ArchiveProgress,
  signal: AbortSignal,
): Promise<Archived> {
  const { store, prefix } = target;
  signal.throwIfAborted();
  await asOfStore(store.bucket, () => store.abortUnfinished(prefix));
  const opened = await recording.open();
  const { stream } = opened;
  // Whoever reads on gets the error; nobody else is to be struck by it.
  stream.on('error', () => {});
  const listening = addAbortListener(signal, () => stream.destroy());
  try {
    const tally = { bytes: 0 };
    const rest = counted(opened, recording, tally, progress);
    const head = await headOf(Buffer.alloc(0), rest, (begun) => begun.length >= SNIFF_BYTES);
    const begun = { head, rest, fileBytes: opened.bytes, channels: recording.channels };
    const media = await archived(begun, target, async (body, name, contentType) => {
      try {
        await asOfStore(store.bucket, () => store.upload(prefix + name, body, contentType, signal));
      } catch (error) {
        // The vendor is not to be waited for any more, should it be slow.
        stream.destroy(error instanceof Error ? error : undefined);
        throw error;
      }
    });
    return { media, bytes: tally.bytes };
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    listening[Symbol.dispose]();
    stream.destroy();
  }
}

async function archived(begun: Begun, target: ArchiveTarget, keep: Keep): Promise<Media[]> {
  const { rest, fileBytes } = begun;
  const container = knownContainer(begun.head);
  const { head, header } = await splitting(begun, container);
  const pieces = continued(head, rest);
  const uriOf = (name: string) => `s3://${target.store.bucket}/${target.prefix}${name}`;
  if (header === null) {
    const name = `audio.${container.extension}`;
    await keep(Readable.from(pieces, { objectMode: false }), name, container.contentType);
    return [{ uri: uriOf(name), channel: null }];
  }
  await splitWav(pieces, header, fileBytes, (mono, channel) =>
    keep(mono, `ch_${channel}.wav`, WAV.contentType),
  );
  return Array.from({ length: header.channels }, (_, index) => {
    const channel = `ch_${index}`;
    return { uri: uriOf(`${channel}.wav`), channel };
  });
}

function knownContainer(head: Buffer): Container {
  if (head.length === 0) throw new ProviderError('rejected', 'no recording');
  const container = containerOf(head);
  if (container !== null) return container;
  const message = `the recording is no audio that can be transcribed, but ${looksLike(head)}`;
  throw new ProviderError('rejected', message);
}

/** The header of the WAV where it is to be split, else null; and as much as has been read to tell. */
async function splitting(
  { head, rest, channels }: Begun,
  container: Container,
): Promise<{ readonly head: Buffer; readonly header: WavHeader | null }> {
  if (channels === null) return { head, header: null };
  const isMany = channels > MAX_CHANNELS;
  if (container !== WAV) {
    if (isMany && !isAtMostStereo(container)) throw unsplittable(channels, container.extension);
    return { head, header: null };
  }
  const more = await headOf(
    head,
    rest,
    (begun) => wavHeaderOf(begun) !== null || begun.length > LONGEST_WAV_HEADER_BYTES,
  );
  const header = wavHeaderOf(more);
  if (header === null || header === 'broken') {
    if (isMany) throw unsplittable(channels, 'broken WAV');
    return { head: more, header: null };
  }
  if (header.channels <= MAX_CHANNELS) return { head: more, header: null };
  if (header.channels > MOST_CHANNELS) {
    const message = `the recording has ${header.channels} channels, more than ${MOST_CHANNELS}`;
    throw new ProviderError('rejected', message);
  }
  if (!header.isPcm16) throw unsplittable(header.channels, 'WAV of another encoding');
  return { head: more, header };
}

function unsplittable(channels: number, what: string): ProviderError {
  const message = `${channels} channels can be transcribed of a WAV of PCM, 16 bits, not of a ${what}`;
  return new ProviderError('rejected', message);
}

/** `head`, and as much more as it takes to have enough, or all there is. */
async function headOf(
  head: Buffer,
  rest: AsyncIterator<Buffer, void>,
  isEnough: (head: Buffer) => boolean,
): Promise<Buffer> {
  let begun = head;
  while (!isEnough(begun)) {
    const next = await rest.next();
    if (next.done === true) break;
    begun = Buffer.concat([begun, next.value]);
  }
  return begun;
}

async function* continued(
  head: Buffer,
  rest: AsyncIterator<Buffer, void>,
): AsyncGenerator<Buffer, void> {
  yield head;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

/** A store's errors are for another attempt: what is wrong with a bucket can be put right. */
async function asOfStore<T>(bucket: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ProviderError) throw error;
    const reason = error instanceof Error ? error.name : 'unknown error';
    throw new ProviderError('unavailable', `the bucket ${bucket} failed: ${reason}`);
  }
}
