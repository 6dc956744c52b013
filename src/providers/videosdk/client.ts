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
/** One that can't be read must not hide the others. */
const Entry = Transcription.extend({ id: taskId.nullable().catch(null) }).catch({ id: null });
const Page = z.object({
  pageInfo: z
    .object({ lastPage: z.coerce.number().catch(1) })
    .nullish()
    .catch(null),
  transcriptions: z.array(Entry).nullish(),
});

export type Transcription = z.infer<typeof Transcription>;
type Entry = z.infer<typeof Entry>;

/** The transcriptions of a room, as far as they could be looked for. */
export type Listed = {
  readonly transcriptions: readonly Transcription[];
  /** What may be one of the room, but does not tell which, or of what room. */
  readonly unclear: readonly Pick<Transcription, 'status'>[];
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
    const { entries, isComplete } = await this.#list({ roomId });
    const ofRoom = entries.filter((one) => (roomOf(one) ?? roomId) === roomId);
    const transcriptions = ofRoom.filter(hasId).filter((one) => roomOf(one) !== null);
    const unclear = ofRoom.filter((one) => !hasId(one) || roomOf(one) === null);
    return { transcriptions, unclear, isComplete };
  }

  /** What is told to run in any room of the project. */
  async listRunning(): Promise<Omit<Listed, 'unclear'>> {
    const { entries, isComplete } = await this.#list({ status: 'running' });
    return { transcriptions: entries.filter(hasId), isComplete };
  }

  async #list(filter: Record<string, string>): Promise<{ entries: Entry[]; isComplete: boolean }> {
    let entries: Entry[] = [];
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
      entries = entries.concat(onPage ?? []);
      if (page >= (pageInfo?.lastPage ?? 1)) return { entries, isComplete: true };
    }
    return { entries, isComplete: false };
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

function hasId(entry: Entry): entry is Entry & Transcription {
  return entry.id !== null;
}

/** The room that a transcription is of. */
export function roomOf({ extension }: Pick<Transcription, 'extension'>): string | null {
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
