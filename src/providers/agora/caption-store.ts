import type { Remains } from '../../domain/erasure.ts';
import type { Collection, ServedTask } from '../../domain/task.ts';
import type { TranscriptPart } from '../../domain/transcript.ts';
import { objectStore, type BucketSettings, type ObjectStore } from '../../storage/object-store.ts';
import { ProviderError } from '../errors.ts';
import type { Collected } from '../port.ts';
import { partOf, readPlaylist } from './captions.ts';
import type { CaptionStorage } from './settings.ts';

/** Agora's numbers of the stores that speak S3 (v7, join: captionConfig.storage.vendor). */
const S3_VENDORS = new Set([1, 11]);
/** Amazon's regions by Agora's numbers (v6 start; Record captions, Supported OSS vendors). */
const REGIONS: { readonly [number: number]: string } = {
  0: 'us-east-1',
  1: 'us-east-2',
  2: 'us-west-1',
  3: 'us-west-2',
  4: 'eu-west-1',
  5: 'eu-west-2',
  6: 'eu-west-3',
  7: 'eu-central-1',
  8: 'ap-southeast-1',
  9: 'ap-southeast-2',
  10: 'ap-northeast-1',
  11: 'ap-northeast-2',
  12: 'sa-east-1',
  13: 'ca-central-1',
  14: 'ap-south-1',
  15: 'cn-north-1',
  16: 'cn-northwest-1',
  17: 'us-gov-west-1',
  20: 'ap-northeast-3',
  21: 'eu-north-1',
  22: 'me-south-1',
  23: 'us-gov-east-1',
  24: 'ap-southeast-3',
  25: 'eu-south-1',
  28: 'il-central-1',
};

const NOTHING = { objects: 0, bytes: 0, jobs: 0 };
const CAPTIONS_KEPT = "Agora's captions, in a bucket that cannot be reached from here";

/** The bucket into which Agora writes captions, as far as we can read it. */
export class CaptionStore {
  readonly #store: ObjectStore | null;
  readonly #folder: string;

  constructor(storage: CaptionStorage | null) {
    const bucket = storage && captionBucket(storage);
    this.#store = bucket && objectStore(bucket);
    this.#folder = storage === null ? '' : captionFolder(storage);
  }

  /**
   * Merges the captions of a session's tasks. Each has a playlist, `{taskId}_{channel}.m3u8`, which names its segments;
   * both may come late, or never.
   */
  async collect({ tasks, channel }: Collection): Promise<Collected> {
    if (this.#store === null) return { parts: [], waitsFor: null };
    const beginMs = Date.parse(tasks[0]?.startedAt ?? '');
    const collected: Collected[] = [];
    for (const task of tasks) {
      const offsetSeconds = (Date.parse(task.startedAt) - beginMs) / 1_000;
      collected.push(await captionsOf(this.#store, this.#folder, task, channel, offsetSeconds));
    }
    const waiting = collected.flatMap(({ waitsFor }) => (waitsFor === null ? [] : [waitsFor]));
    return {
      parts: collected.flatMap(({ parts }) => parts),
      waitsFor: waiting.length === 0 ? null : waiting.join(', '),
    };
  }

  /** How much `forget` would remove; of a bucket that we can't read, that it is left. */
  async remains(taskIds: readonly string[]): Promise<Remains> {
    const store = this.#store;
    if (taskIds.length === 0) return { ...NOTHING, kept: [] };
    if (store === null) return { ...NOTHING, kept: [{ what: 'captions', why: CAPTIONS_KEPT }] };
    const captions = await reading(() => store.measure(this.#folder, captionsOfAny(taskIds)));
    return { ...captions, jobs: 0, kept: [] };
  }

  /** Removes the captions of tasks. */
  async forget(taskIds: readonly string[]): Promise<void> {
    const store = this.#store;
    if (store === null || taskIds.length === 0) return;
    await reading(() => store.removeAll(this.#folder, captionsOfAny(taskIds)));
  }
}

/** Whether an object is of these tasks: its name holds the id of one, as translations' do. */
function captionsOfAny(taskIds: readonly string[]): (key: string) => boolean {
  return (key) => taskIds.some((id) => key.includes(`${id}_`));
}

async function captionsOf(
  store: ObjectStore,
  folder: string,
  task: ServedTask,
  channel: string,
  offsetSeconds: number,
): Promise<Collected> {
  const name = `${task.id}_${channel}.m3u8`;
  const text = await reading(() => store.read(folder + name));
  const playlist = text === null ? null : readPlaylist(text);
  if (playlist === null) {
    return { parts: [missing(task, offsetSeconds, name)], waitsFor: `the playlist ${name}` };
  }
  const segments = new Map<string, string | null>();
  for (const { uri } of playlist.segments) {
    segments.set(uri, await reading(() => store.read(folder + uri)));
  }
  const absent = [...segments].filter(([, content]) => content === null).map(([uri]) => uri);
  const part = { ...(await partOf(playlist, segments, task)), offsetSeconds };
  if (absent.length > 0) return { parts: [part], waitsFor: `the segments ${absent.join(', ')}` };
  return { parts: [part], waitsFor: playlist.isEnded ? null : `the end of ${name}` };
}

function missing(task: ServedTask, offsetSeconds: number, name: string): TranscriptPart {
  const endMs = Date.parse(task.endedAt ?? task.startedAt);
  const durationSeconds = Math.max(0, (endMs - Date.parse(task.startedAt)) / 1_000);
  const reason = `${name} was never uploaded`;
  const gaps = [{ startSeconds: 0, endSeconds: durationSeconds, reason }];
  return { offsetSeconds, durationSeconds, segments: [], gaps };
}

/** What every key of the captions begins with. */
export function captionFolder({ prefix }: CaptionStorage): string {
  return `${prefix.join('/')}/`;
}

/** The bucket of the captions; null where it is none that we can read. */
export function captionBucket(storage: CaptionStorage): BucketSettings | null {
  const { vendor, region, bucket, accessKey, secretKey, endpoint, forcePathStyle } = storage;
  if (!S3_VENDORS.has(vendor)) return null;
  return {
    bucket,
    region: REGIONS[region] ?? 'us-east-1',
    endpoint,
    forcePathStyle,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
  };
}

async function reading<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const name = error instanceof Error ? error.name : 'unknown error';
    throw new ProviderError('unavailable', `the bucket of the captions: ${name}`);
  }
}
