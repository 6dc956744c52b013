import { z } from 'zod';
import { saying, taskId } from '../answers.ts';
import { call, refuse, unknownForm, type VendorRequest, type VendorResponse } from '../http.ts';
import type { VideosdkSettings } from './settings.ts';
import { mintToken } from './token.ts';

export const VENDOR = 'VideoSDK';

const PATH = '/ai/v1/realtime-transcriptions';
/** As the reference has it. */
const PER_PAGE = 20;
/** Where the room filter is not honoured, the list has every transcription of the project. */
const MOST_PAGES = 50;

/** Far longer than VideoSDK's. */
const LONGEST_SESSION_ID = 1_000;

const words = z.string().nullish().catch(null);
const paths = z.record(z.string(), words).nullish().catch(null);
const Transcription = z.object({
  id: taskId,
  status: saying,
  extension: z
    .object({
      extensionConfig: z
        .object({
          roomId: words,
          sessionId: z.string().max(LONGEST_SESSION_ID).nullish().catch(null),
        })
        .nullish()
        .catch(null),
    })
    .nullish()
    .catch(null),
  start: saying,
  end: saying,
  transcriptionFilePaths: paths,
  summarizedFilePaths: paths,
});
const Page = z.object({
  pageInfo: z
    .object({ lastPage: z.coerce.number().catch(1) })
    .nullish()
    .catch(null),
  // One that can't be read must not hide the others.
  transcriptions: z.array(Transcription.nullable().catch(null)).nullish(),
});

export type Transcription = z.infer<typeof Transcription>;

/** The transcriptions of a room, as far as they could be looked for. */
export type Listed = {
  readonly transcriptions: readonly Transcription[];
  readonly isComplete: boolean;
};

/** VideoSDK's realtime transcriptions over HTTP: one method a route, nothing more. Throws ProviderError. */
export class VideosdkClient {
  readonly #settings: VideosdkSettings;

  constructor(settings: VideosdkSettings) {
    this.#settings = settings;
  }

  async start(body: { readonly roomId: string }): Promise<Transcription> {
    return read(await this.#send('POST', '/start', body), Transcription);
  }

  /** Ends whatever runs in the room, and returns it. */
  async end(roomId: string): Promise<Transcription> {
    return read(await this.#send('POST', '/end', { roomId }), Transcription);
  }

  async fetch(id: string): Promise<Transcription> {
    return read(await this.#send('GET', `/${encodeURIComponent(id)}`), Transcription);
  }

  /** The room's transcriptions: filtered here, for VideoSDK's own SDK says that its filter does not work. */
  async list(roomId: string): Promise<Listed> {
    const { transcriptions, isComplete } = await this.#list({ roomId });
    return { transcriptions: transcriptions.filter((one) => roomOf(one) === roomId), isComplete };
  }

  /** What is told to run in any room of the project. */
  async listRunning(): Promise<Listed> {
    return this.#list({ status: 'running' });
  }

  async #list(filter: Record<string, string>): Promise<Listed> {
    const transcriptions: Transcription[] = [];
    let isComplete = true;
    for (let page = 1; page <= MOST_PAGES; page += 1) {
      const search = new URLSearchParams({
        ...filter,
        page: String(page),
        perPage: String(PER_PAGE),
      });
      const { pageInfo, transcriptions: onPage } = read(
        await this.#send('GET', `/?${search.toString()}`),
        Page,
      );
      for (const one of onPage ?? []) {
        if (one) transcriptions.push(one);
        else isComplete = false;
      }
      if (page >= (pageInfo?.lastPage ?? 1)) return { transcriptions, isComplete };
    }
    return { transcriptions, isComplete: false };
  }

  /** Lists transcriptions of any room, one at most. */
  async listAny(): Promise<void> {
    read(await this.#send('GET', '/?page=1&perPage=1'), Page);
  }

  async #send(
    method: VendorRequest['method'],
    path: string,
    body?: unknown,
  ): Promise<VendorResponse> {
    const authorization = await mintToken(this.#settings);
    const { baseUrl, apiKey, secret } = this.#settings;
    const secrets = [secret, apiKey, authorization];
    return call({ method, url: baseUrl + PATH + path, authorization, body, secrets }, VENDOR);
  }
}

/** The room that a transcription is of. */
export function roomOf({ extension }: Transcription): string | null {
  return extension?.extensionConfig?.roomId ?? null;
}

/** VideoSDK's session of the room, which begins with its first participant and ends with its last. */
export function roomSessionOf({ extension }: Transcription): string | null {
  return extension?.extensionConfig?.sessionId ?? null;
}

/** Reads a success; throws what any other status means. A success that we can't read may have happened. */
function read<T>(response: VendorResponse, schema: z.ZodType<T>): T {
  if (response.status >= 300) refuse(response, VENDOR);
  const reply = schema.safeParse(response.json);
  if (reply.success) return reply.data;
  throw unknownForm(VENDOR);
}
