import type { Audio } from './audio.ts';

/** "Recordings are stored for 30 days" (Voice API, recording guide). */
const KEPT_MS = 30 * 86_400_000;

export type RecordedFile = {
  readonly fileId: string;
  readonly recordingUuid: string;
  readonly conversationUuid: string;
  readonly from: string;
  readonly audio: Audio;
  readonly recordedAtMs: number;
  /** It is announced earlier than it can be had. */
  readonly availableAtMs: number;
};

/** The recordings by the ids of their files, which are not those of the recordings. */
export class Files {
  readonly #now: () => number;
  readonly #files = new Map<string, RecordedFile>();

  constructor(now: () => number) {
    this.#now = now;
  }

  add(file: RecordedFile): void {
    this.#files.set(file.fileId, file);
  }

  /** Whether or not it can be had. */
  get(fileId: string): RecordedFile | undefined {
    return this.#files.get(fileId);
  }

  isAvailable({ availableAtMs, recordedAtMs }: RecordedFile): boolean {
    const nowMs = this.#now();
    return availableAtMs <= nowMs && nowMs < recordedAtMs + KEPT_MS;
  }
}
