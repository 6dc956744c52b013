import { setTimeout as sleep } from 'node:timers/promises';
import { timestamp } from '../../shared/timestamp.ts';
import type { CaptionUpload, Records } from '../ledger.ts';
import { EVENTS, failedUploads, uploadedFile } from '../notifications/events.ts';
import type { UploadedFile } from '../notifications/events.ts';
import type { Notifier } from '../notifications/notifier.ts';
import type { Task, Tasks } from '../tasks.ts';
import { Bucket } from './bucket.ts';
import type { StoreSettings } from './bucket.ts';
import { captionFiles } from './files.ts';
import type { CaptionFile, Timestamps } from './files.ts';
import type { CaptionPlan } from './plan.ts';
import { defaultSpeech } from './speech.ts';
import type { Utterance } from './speech.ts';

const LOOK_EVERY_MS = 25;
const UPLOAD_DELAY_MS = 300;

/** How captions are written, and what they say. */
export type CaptionSettings = StoreSettings & {
  /** What is said in a channel. What would begin after a task's end is not heard. */
  readonly speech?: (channel: string) => readonly Utterance[];
  /** From a task's end to its uploads, in ms of real time (300). */
  readonly uploadDelayMs?: number;
  /** What cue times count from (`system`). */
  readonly timestamps?: Timestamps;
  /** Whether a file is never uploaded; not even its failure is told. */
  readonly lose?: (fileName: string) => boolean;
};

type CaptionContext = {
  readonly tasks: Tasks;
  readonly records: Records;
  readonly notifier: Notifier;
  readonly now: () => number;
  readonly changed: () => void;
};

/** A task whose captions are wanted. */
type Captioned = { readonly task: Task; readonly plan: CaptionPlan };

type Uploaded = { readonly error: string | undefined; readonly told: UploadedFile };

/** Writes the captions of each task that wants them, as soon as it has ended. */
export class CaptionWriter {
  readonly #context: CaptionContext;
  readonly #settings: CaptionSettings;
  readonly #closing = new AbortController();
  readonly #watched = new Set<Captioned>();
  readonly #writing = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;

  constructor(context: CaptionContext, settings: CaptionSettings) {
    this.#context = context;
    this.#settings = settings;
    for (const task of context.tasks.all()) this.watch(task);
    // The clock may be a test's, so no timer of ours can be set to the moment of an end.
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  watch(task: Task): void {
    if (task.captions && !task.captions.written) this.#watched.add({ task, plan: task.captions });
  }

  /** Uploads a file that was lost, or whose upload failed; rejects when it fails again. */
  async uploadLate(fileName: string): Promise<void> {
    const { records, tasks } = this.#context;
    const entry = records.captions.findLast((tried) => tried.fileName === fileName);
    if (entry?.status === 'uploaded') throw new Error(`${fileName} has been uploaded`);
    const task = entry && tasks.get(entry.agentId);
    const file = task && this.#filesOf(task).find(({ name }) => name === fileName);
    if (!task?.captions || !file) throw new Error(`${fileName} is no file that was lost`);
    const bucket = new Bucket(task.captions, this.#settings);
    const { error, told } = await this.#upload({ task, plan: task.captions }, bucket, file);
    bucket.close();
    if (error === undefined) return;
    this.#tellFailures(task, [], [told]);
    throw new Error(error);
  }

  /** Whatever is not written by then is written by the next simulator of the same state. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closing.abort();
    await Promise.all(this.#writing);
  }

  #look(): void {
    for (const captioned of this.#watched) {
      const { task } = captioned;
      this.#context.tasks.settle(task);
      if (!task.end) continue;
      this.#watched.delete(captioned);
      // With a task that vanished goes all that it heard.
      if (task.end.cause === 'vanished') continue;
      const writing = this.#write(captioned).finally(() => this.#writing.delete(writing));
      this.#writing.add(writing);
    }
  }

  async #write(captioned: Captioned): Promise<void> {
    const { task, plan } = captioned;
    const signal = this.#closing.signal;
    const { lose, uploadDelayMs = UPLOAD_DELAY_MS } = this.#settings;
    await sleep(uploadDelayMs, undefined, { signal, ref: false }).catch(() => undefined);
    const bucket = new Bucket(plan, this.#settings);
    const succeeded: UploadedFile[] = [];
    const failed: UploadedFile[] = [];
    for (const file of this.#filesOf(task)) {
      if (signal.aborted) break;
      if (lose?.(file.name)) {
        this.#record(captioned, file, 'lost');
        continue;
      }
      const { error, told } = await this.#upload(captioned, bucket, file);
      (error === undefined ? succeeded : failed).push(told);
    }
    bucket.close();
    if (signal.aborted) return;
    if (failed.length > 0) this.#tellFailures(task, succeeded, failed);
    plan.written = true;
    this.#context.changed();
  }

  #filesOf(task: Task): CaptionFile[] {
    const { speech, timestamps = 'system' } = this.#settings;
    return captionFiles(task, speech?.(task.channel) ?? defaultSpeech(task), timestamps);
  }

  async #upload(captioned: Captioned, bucket: Bucket, file: CaptionFile): Promise<Uploaded> {
    const { notifier, now } = this.#context;
    try {
      await bucket.upload(file, this.#closing.signal);
    } catch (cause) {
      const error = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
      // Closing has cut it short, which is no fault of the store.
      if (!this.#closing.signal.aborted) this.#record(captioned, file, 'failed', error);
      return { error, told: uploadedFile(file.name, now(), 'upload failed') };
    }
    this.#record(captioned, file, 'uploaded');
    const told = uploadedFile(file.name, now());
    const eventType =
      file.kind === 'playlist' ? EVENTS.captionsUploaded : EVENTS.transcriptUploaded;
    notifier.tell(captioned.task, eventType, told);
    return { error: undefined, told };
  }

  #tellFailures(
    task: Task,
    succeeded: readonly UploadedFile[],
    failed: readonly UploadedFile[],
  ): void {
    this.#context.notifier.tell(task, EVENTS.uploadFailed, failedUploads(succeeded, failed));
  }

  #record(
    { task, plan }: Captioned,
    { name: fileName }: CaptionFile,
    status: CaptionUpload['status'],
    error?: string,
  ): void {
    const { records, now, changed } = this.#context;
    const { agentId, channel } = task;
    const { bucket, folder } = plan;
    const at = timestamp(now());
    const key = folder + fileName;
    records.captionUpload({
      at,
      agentId,
      channel,
      fileName,
      bucket,
      key,
      status,
      ...(error !== undefined && { error }),
    });
    changed();
  }
}
