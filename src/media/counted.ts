import { ProviderError } from '../providers/errors.ts';
import type { OpenedMedia } from './open-url.ts';

const PROGRESS_EVERY_MS = 200;
/** Longer than `openUrl` has: this is for what has no limit of its own. */
const PATIENCE_MS = 60_000;

/** Hears how much of a recording has been read; `totalBytes` is null where nobody told. */
export type ArchiveProgress = (bytes: number, totalBytes: number | null) => void;

export type Expected = {
  /** As its vendor told when it announced it; null or 0 = it did not. */
  readonly announcedBytes: number | null;
  /** A larger one is refused. */
  readonly maxBytes: number;
  /** How long it may leave us waiting for a byte; 60 s, unless given. */
  readonly patienceMs?: number;
};

/** What has been read so far. */
export type Tally = { bytes: number };

/** The pieces of a recording. Fails where it breaks off, is too large, or ends before all of it has come. */
export async function* counted(
  { stream, bytes: contentBytes }: OpenedMedia,
  { announcedBytes, maxBytes, patienceMs = PATIENCE_MS }: Expected,
  tally: Tally,
  progress: ArchiveProgress,
): AsyncGenerator<Buffer, void> {
  const totalBytes = contentBytes ?? (announcedBytes || null);
  let toldAtMs = performance.now();
  checkSize(totalBytes ?? 0, maxBytes);
  progress(0, totalBytes);
  const pieces: AsyncIterable<Buffer> = stream;
  const giveUp = () => stream.destroy(stalled(patienceMs));
  let timer = setTimeout(giveUp, patienceMs);
  try {
    for await (const piece of pieces) {
      clearTimeout(timer);
      tally.bytes += piece.length;
      checkSize(tally.bytes, maxBytes);
      if (performance.now() - toldAtMs >= PROGRESS_EVERY_MS) {
        toldAtMs = performance.now();
        progress(tally.bytes, totalBytes);
      }
      if (piece.length > 0) yield piece;
      // Only now does anybody wait for more.
      timer = setTimeout(giveUp, patienceMs);
    }
  } catch (error) {
    if (error instanceof ProviderError) throw error;
    throw new ProviderError('unavailable', 'the recording broke off');
  } finally {
    clearTimeout(timer);
  }
  if (tally.bytes < (totalBytes ?? 0)) {
    const message = `the recording is truncated: ${tally.bytes} of ${totalBytes} bytes came`;
    throw new ProviderError('unavailable', message);
  }
  progress(tally.bytes, totalBytes);
}

function stalled(patienceMs: number): ProviderError {
  return new ProviderError(
    'unavailable',
    `nothing came of the recording for ${patienceMs / 1_000} s`,
  );
}

function checkSize(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  throw new ProviderError('rejected', `the recording is larger than ${maxBytes} bytes`);
}
