import { activityInfo, cancellationSignal } from '@temporalio/activity';
import {
  mediaInPlace,
  recordingPrefix,
  type Media,
  type RecordingSource,
} from '../domain/recording.ts';
import { archive } from '../media/archive.ts';
import type { OpenedMedia } from '../media/open-url.ts';
import { ProviderError } from '../providers/errors.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { failingClearly } from './failures.ts';
import { beating } from './heartbeats.ts';

/** Amazon Transcribe takes 2 GB (its quotas). */
const MAX_BYTES = 2_000_000_000;
/** How often a recording is fetched that is smaller than announced. */
const WHOLE_TRIES = 3;
/** A recording may be announced shortly before it can be fetched. */
const AVAILABLE_WITHIN_MS = 5 * 60_000;

export type ArchiveDependencies = {
  /** The bucket for recordings. */
  readonly audio: ObjectStore;
  /** Opens a recording, wherever it is. Throws ProviderError. */
  readonly open: (source: RecordingSource, signal: AbortSignal) => Promise<OpenedMedia>;
};

export type Recording = {
  readonly sessionId: string;
  readonly source: RecordingSource;
  readonly channels: number | null;
};

export type ArchiveActivities = ReturnType<typeof createArchiveActivities>;

/** The activity that brings a recording to where it can be transcribed. */
export function createArchiveActivities({ audio, open }: ArchiveDependencies) {
  return {
    /**
     * Copies a recording into our bucket, as one object or as one for each channel, and returns what is to be
     * transcribed. What is in a bucket of the caller's own stays there, unless its channels have to be parted. May be
     * repeated freely: the keys are the same each time. Its heartbeats tell how far it is.
     */
    async archiveRecording({ sessionId, source, channels }: Recording): Promise<readonly Media[]> {
      const inPlace = mediaInPlace(source, channels);
      if (inPlace) return [inPlace];
      // Only what a webhook announces can be announced too early.
      const trying = source.kind === 'vonage' ? untilAvailable : failingClearly;
      return trying(async () => {
        const signal = cancellationSignal();
        if (source.kind === 'vonage' && (source.url === '' || source.bytes === 0)) {
          throw new ProviderError('rejected', 'no recording: the call has left none');
        }
        const recording = {
          open: () => open(source, signal),
          announcedBytes: source.kind === 'vonage' && source.bytes > 0 ? source.bytes : null,
          channels,
          maxBytes: MAX_BYTES,
        };
        const target = { store: audio, prefix: recordingPrefix(sessionId) };
        const { media, bytes } = await beating((tell) =>
          archive(
            recording,
            target,
            (done, totalBytes) => tell({ bytes: done, totalBytes }),
            signal,
          ),
        );
        requireWhole(bytes, recording.announcedBytes);
        return media;
      });
    },
  };
}

/** A recording smaller than announced may not be whole yet: after some tries it is taken as it is. */
function requireWhole(bytes: number, announced: number | null): void {
  if (bytes >= (announced ?? 0) || activityInfo().attempt > WHOLE_TRIES) return;
  throw new ProviderError('unavailable', `${bytes} of ${announced} bytes came of the recording`);
}

/** What is not found may only be late. */
async function untilAvailable<T>(work: () => Promise<T>): Promise<T> {
  const waitedMs = Date.now() - activityInfo().scheduledTimestampMs;
  if (waitedMs > AVAILABLE_WITHIN_MS) return failingClearly(work);
  return failingClearly(async () => {
    try {
      return await work();
    } catch (error) {
      const isLate = error instanceof ProviderError && error.kind === 'not-found';
      if (isLate) throw new ProviderError('unavailable', error.message, error.facts);
      throw error;
    }
  });
}
