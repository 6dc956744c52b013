import { z } from 'zod';
import { ProviderError } from '../errors.ts';
import { call, refuse, type VendorRequest, type VendorResponse } from '../http.ts';
import type { VideosdkSettings } from './settings.ts';
import { mintToken } from './token.ts';

export const VENDOR = 'VideoSDK';

const PATH = '/ai/v1/realtime-transcriptions';
/** As the reference has it. */
const PER_PAGE = 20;
/** Where the room filter is not honoured, the list has every transcription of the project. */
const MOST_PAGES = 50;

const paths = z.record(z.string(), z.string().nullish()).nullish();
const Transcription = z.object({
  id: z.string().min(1),
  status: z.string().nullish(),
  extension: z
    .object({
      extensionConfig: z
        .object({ roomId: z.string().nullish(), sessionId: z.string().nullish() })
        .nullish(),
    })
    .nullish(),
  start: z.string().nullish(),
  end: z.string().nullish(),
  transcriptionFilePaths: paths,
  summarizedFilePaths: paths,
});
const Page = z.object({
  pageInfo: z.object({ currentPage: z.number(), lastPage: z.number() }).nullish(),
  transcriptions: z.array(Transcription).nullish(),
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
    const transcriptions: Transcription[] = [];
    for (let page = 1; page <= MOST_PAGES; page += 1) {
      const search = new URLSearchParams({
        roomId,
        page: String(page),
        perPage: String(PER_PAGE),
      });
      const { pageInfo, transcriptions: onPage } = read(
        await this.#send('GET', `/?${search.toString()}`),
        Page,
      );
      transcriptions.push(...(onPage ?? []).filter((one) => roomOf(one) === roomId));
      if (page >= (pageInfo?.lastPage ?? 1)) return { transcriptions, isComplete: true };
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
function roomOf({ extension }: Transcription): string | null {
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
  throw new ProviderError('unavailable', `${VENDOR} answered in a form that we don't know`);
}
