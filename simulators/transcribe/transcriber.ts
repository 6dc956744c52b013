import { hear } from './hearing.ts';
import type { Job, Jobs, Outcome, Result } from './jobs.ts';
import { checkedMedia, JobFailure, objectAt } from './media.ts';
import type { Media } from './media-format.ts';
import { contentTypeOf, outputFiles } from './output.ts';
import type { WrittenFile } from './output.ts';
import type { Speech } from './speech.ts';
import type { Storage } from './storage.ts';
import type { Heard, Shape } from './transcript.ts';

const LOOK_EVERY_MS = 20;
const BAD_URI =
  "The S3 URI that you specified isn't valid. Check the URI and try your request again.";
const INTERNAL = 'Internal failure. Try your request again.';

export type TranscriberContext = {
  readonly jobs: Jobs;
  readonly storage: Storage;
  readonly speech: Speech;
  readonly shape: Shape;
  readonly accountId: string;
  /** How long a job is in progress. */
  readonly jobMs: number;
  readonly now: () => number;
  /** Called with each job that has just ended. */
  readonly ended: (job: Job) => void;
};

/** Does the jobs: reads their media, writes their output, when their time has come. */
export class Transcriber {
  readonly #context: TranscriberContext;
  readonly #doing = new Map<Job, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(context: TranscriberContext) {
    this.#context = context;
  }

  open(): void {
    // The clock may be a test's, so no timer of ours can be set to the moment of an end.
    this.#timer = setInterval(() => void this.tick(), LOOK_EVERY_MS).unref();
  }

  /** Does what the clock has made due, and waits until it is done. */
  async tick(): Promise<void> {
    const { jobs, jobMs, now } = this.#context;
    const due = jobs.running().filter(({ startedAtMs }) => now() - (startedAtMs ?? 0) >= jobMs);
    await Promise.all(due.map((job) => this.complete(job)));
  }

  /** Does one job, whether or not its time has come. */
  async complete(job: Job): Promise<void> {
    this.#context.jobs.begin(job);
    const doing = this.#doing.get(job) ?? this.#transcribe(job);
    this.#doing.set(job, doing);
    await doing;
    this.#doing.delete(job);
  }

  /** Ends a job with a reason; what is being done of it comes to nothing. */
  fail(job: Job, failureReason: string): void {
    this.#context.jobs.begin(job);
    this.#end(job, { failureReason });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#doing.values());
  }

  async #transcribe(job: Job): Promise<void> {
    try {
      this.#end(job, { result: await this.#result(job) });
    } catch (error) {
      this.#end(job, { failureReason: error instanceof JobFailure ? error.message : INTERNAL });
    }
  }

  #end(job: Job, outcome: Outcome): void {
    if (this.#context.jobs.end(job, outcome)) this.#context.ended(job);
  }

  async #result({ request }: Job): Promise<Result> {
    const { storage, speech, shape, accountId } = this.#context;
    const source = objectAt(request.Media.MediaFileUri);
    if (!source) throw new JobFailure(BAD_URI);
    const { head, bytes } = await storage.head(source.bucket, source.key);
    const media = checkedMedia(request, head, bytes);
    const heard = hear(request, media, speech);
    const files = outputFiles(heard, { shape, accountId });
    const bucket = request.OutputBucketName;
    if (bucket === undefined) return resultOf(heard, media, files);
    for (const file of files) {
      await storage.write({
        bucket,
        key: file.key,
        body: file.body,
        contentType: contentTypeOf(file),
      });
    }
    return resultOf(
      heard,
      media,
      files.map(({ kind, key }) => ({ kind, key })),
    );
  }
}

function resultOf(
  heard: Heard,
  media: Media,
  files: readonly (WrittenFile | Result['files'][number])[],
): Result {
  const { IdentifyLanguage, IdentifyMultipleLanguages } = heard.job.request;
  return {
    mediaFormat: media.format,
    ...(media.sampleRateHertz !== undefined && { sampleRateHertz: media.sampleRateHertz }),
    ...(!IdentifyMultipleLanguages && { languageCode: heard.languageCode }),
    ...(IdentifyLanguage && { identifiedLanguageScore: heard.languageScore }),
    ...(IdentifyMultipleLanguages && {
      languageCodes: heard.languages.map(({ code, seconds }) => ({
        LanguageCode: code,
        DurationInSeconds: seconds,
      })),
    }),
    files: [...files],
  };
}
