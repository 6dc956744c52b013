import {
  DeleteTranscriptionJobCommand,
  GetTranscriptionJobCommand,
  GetVocabularyCommand,
  GetVocabularyFilterCommand,
  ListTranscriptionJobsCommand,
  StartTranscriptionJobCommand,
  TranscribeClient,
} from '@aws-sdk/client-transcribe';
import type {
  StartTranscriptionJobCommandInput,
  TranscriptionJob,
  TranscriptionJobStatus,
} from '@aws-sdk/client-transcribe';
import { z } from 'zod';
import { ProviderError } from '../errors.ts';
import { unknownForm } from '../http.ts';
import { isBadRequest, isConflict, providerError, TIMEOUT_MS } from './errors.ts';
import type { TranscribeSettings } from './settings.ts';

/** Of 100 jobs: of those under way there are 10,250 at most (its quotas), so more pages than that are no list. */
const MOST_PAGES = 200;

export const VENDOR = 'Amazon Transcribe';

export type ListedJob = { readonly id: string; readonly startedAt: Date | null };

/** What is read of the answers: the SDK gives them on as they came, whatever their types. */
const anything = z.looseObject({}).nullish();
const ReadOfJob = z.object({
  TranscriptionJobStatus: z.string().nullish(),
  StartTime: z.date().nullish(),
  CreationTime: z.date().nullish(),
  Media: z.object({ MediaFileUri: z.string().nullish() }).nullish(),
  Settings: anything,
  ContentRedaction: anything,
  Subtitles: anything,
});
const Page = z.object({
  TranscriptionJobSummaries: z
    .array(
      z.object({
        TranscriptionJobName: z.string().nullish(),
        StartTime: z.date().nullish(),
        CreationTime: z.date().nullish(),
      }),
    )
    .nullish(),
  NextToken: z.string().nullish(),
});

/** Amazon Transcribe's batch jobs: one method an operation, one try each. Throws ProviderError. */
export class JobClient {
  readonly #client: TranscribeClient;

  constructor({ region, endpoint, transcripts }: TranscribeSettings) {
    this.#client = new TranscribeClient({
      region,
      // A second try of a start that took effect would be told of a conflict with itself.
      maxAttempts: 1,
      ...(endpoint === null ? {} : { endpoint }),
      ...(transcripts.credentials === null ? {} : { credentials: transcripts.credentials }),
    });
  }

  /** Null when there is a job of that name already. */
  async start(request: StartTranscriptionJobCommandInput): Promise<TranscriptionJob | null> {
    return this.#calling(async (abortSignal) => {
      try {
        const reply = await this.#client.send(new StartTranscriptionJobCommand(request), {
          abortSignal,
        });
        return told(reply);
      } catch (error) {
        if (isConflict(error)) return null;
        throw error;
      }
    });
  }

  async get(name: string): Promise<TranscriptionJob> {
    const command = new GetTranscriptionJobCommand({ TranscriptionJobName: name });
    return this.#calling(async (abortSignal) =>
      told(await this.#client.send(command, { abortSignal })),
    );
  }

  /** The jobs whose names begin so; of one status only, when it is given. */
  async list(name: string, Status?: TranscriptionJobStatus): Promise<ListedJob[]> {
    const listed: ListedJob[] = [];
    let NextToken: string | null | undefined;
    for (let pages = 0; pages < MOST_PAGES; pages += 1) {
      const page = {
        JobNameContains: name,
        MaxResults: 100,
        ...(Status ? { Status } : {}),
        ...(NextToken ? { NextToken } : {}),
      };
      const command = new ListTranscriptionJobsCommand(page);
      const reply = Page.safeParse(
        await this.#calling((abortSignal) => this.#client.send(command, { abortSignal })),
      );
      if (!reply.success) throw unknownForm(VENDOR);
      for (const job of reply.data.TranscriptionJobSummaries ?? []) {
        const { TranscriptionJobName: id, StartTime, CreationTime } = job;
        // The vendor looks anywhere in a name, and whatever its case.
        if (id?.startsWith(name)) listed.push({ id, startedAt: StartTime ?? CreationTime ?? null });
      }
      ({ NextToken } = reply.data);
      if (!NextToken) return listed;
    }
    throw new ProviderError('unavailable', `the list of ${VENDOR} does not end`);
  }

  /** Lists jobs of any name, one at most. */
  async listAny(): Promise<void> {
    const command = new ListTranscriptionJobsCommand({ MaxResults: 1 });
    await this.#calling((abortSignal) => this.#client.send(command, { abortSignal }));
  }

  /** READY, PENDING or FAILED. */
  async vocabularyState(name: string): Promise<string> {
    const command = new GetVocabularyCommand({ VocabularyName: name });
    const reply = await this.#calling((abortSignal) => this.#client.send(command, { abortSignal }));
    return reply.VocabularyState ?? 'unknown';
  }

  /** A filter has no states: it is READY where it is. */
  async requireFilter(name: string): Promise<'READY'> {
    const command = new GetVocabularyFilterCommand({ VocabularyFilterName: name });
    await this.#calling((abortSignal) => this.#client.send(command, { abortSignal }));
    return 'READY';
  }

  /** Deletes a job. That it is missing is success, and so is that it is not finished, for then nobody can. */
  async delete(name: string): Promise<void> {
    const command = new DeleteTranscriptionJobCommand({ TranscriptionJobName: name });
    try {
      await this.#calling(async (abortSignal) => {
        try {
          await this.#client.send(command, { abortSignal });
        } catch (error) {
          if (!isBadRequest(error)) throw error;
        }
      });
    } catch (error) {
      if (!(error instanceof ProviderError && error.kind === 'not-found')) throw error;
    }
  }

  /** What must not be given to anybody, should an answer echo it. */
  async secrets(): Promise<string[]> {
    try {
      const { accessKeyId, secretAccessKey, sessionToken } =
        await this.#client.config.credentials();
      return [sessionToken ?? '', secretAccessKey, accessKeyId].filter((secret) => secret !== '');
    } catch {
      return [];
    }
  }

  async #calling<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await work(AbortSignal.timeout(TIMEOUT_MS));
    } catch (error) {
      throw providerError(error, VENDOR, await this.secrets());
    }
  }
}

function told({
  TranscriptionJob: job,
}: {
  TranscriptionJob?: TranscriptionJob;
}): TranscriptionJob {
  if (job && ReadOfJob.safeParse(job).success) return job;
  throw unknownForm(VENDOR);
}
