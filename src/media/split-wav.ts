import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { Readable, Writable } from 'node:stream';
import { ProviderError } from '../providers/errors.ts';
import { monoHeader, samplesByChannel } from './wav.ts';
import type { WavHeader } from './wav.ts';

/**
 * Splits a WAV of PCM, 16 bits, into a mono one of each channel, while it is read; `fileBytes` is null where it is not known.
 * `keep` reads the one of a channel to its end; when one fails, or the WAV does, they all fail of that.
 */
export async function splitWav(
  wav: AsyncIterable<Buffer>,
  header: WavHeader,
  fileBytes: number | null,
  keep: (mono: Readable, channel: number) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const monos = Array.from({ length: header.channels }, () => new PassThrough());
  const watched = async (work: Promise<void>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      failed.abort(error);
      for (const mono of monos) mono.destroy(errorOf(failed.signal.reason));
    }
  };
  const dataBytes = dataBytesOf(header, fileBytes);
  await Promise.all([
    ...monos.map((mono, channel) => watched(keep(mono, channel))),
    watched(feed(blocksOf(wav, header, dataBytes), header, dataBytes, monos, failed.signal)),
  ]);
  failed.signal.throwIfAborted();
}

function errorOf(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('stopped');
}

/** Whole blocks' bytes; a size that a header only claims can't be more than there is. */
function dataBytesOf(header: WavHeader, fileBytes: number | null): number | null {
  const told = header.dataBytes ?? Infinity;
  const there = fileBytes === null ? Infinity : Math.max(0, fileBytes - header.dataStart);
  const bytes = Math.min(told, there);
  return Number.isFinite(bytes) ? bytes - (bytes % header.blockBytes) : null;
}

async function feed(
  blocks: AsyncIterable<Buffer>,
  { channels, sampleRateHertz }: WavHeader,
  dataBytes: number | null,
  monos: readonly Writable[],
  signal: AbortSignal,
): Promise<void> {
  const monoBytes = dataBytes === null ? null : dataBytes / channels;
  for (const mono of monos) mono.write(monoHeader(sampleRateHertz, monoBytes));
  for await (const some of blocks) {
    signal.throwIfAborted();
    const pieces = samplesByChannel(some, channels);
    for (const [channel, mono] of monos.entries()) {
      if (!mono.write(pieces[channel])) await once(mono, 'drain', { signal });
    }
  }
  for (const mono of monos) mono.end();
}

/** The samples, in whole blocks. What comes after them is read too, so that it counts as having come. */
async function* blocksOf(
  wav: AsyncIterable<Buffer>,
  { dataStart, blockBytes }: WavHeader,
  dataBytes: number | null,
): AsyncGenerator<Buffer> {
  let toSkip = dataStart;
  let left = dataBytes ?? Infinity;
  let begun = Buffer.alloc(0);
  for await (const piece of wav) {
    const samples = piece.subarray(toSkip, toSkip + left);
    toSkip = Math.max(0, toSkip - piece.length);
    left -= samples.length;
    const all = begun.length === 0 ? samples : Buffer.concat([begun, samples]);
    const whole = all.length - (all.length % blockBytes);
    begun = Buffer.from(all.subarray(whole));
    if (whole > 0) yield all.subarray(0, whole);
  }
  if (dataBytes !== null && left > 0) {
    throw new ProviderError('unavailable', 'the recording ends before its WAV header says');
  }
}
