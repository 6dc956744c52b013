import { z } from 'zod';
import { waitUntil } from '../local/polling.ts';
import { type Call, readReply, request } from './requests.ts';

const LOOK_EVERY_MS = 200;
const WAIT = { prefer: 'wait=30' };

const sessionSchema = z.object({
  id: z.string(),
  status: z.string(),
  task: z.object({ id: z.string() }).nullable(),
  applied: z
    .object({ languages: z.array(z.string()), subscribeAudioUids: z.array(z.string()) })
    .nullish(),
  revision: z.number().optional(),
  appliedRevision: z.number().optional(),
  endReason: z.string().nullable(),
  failure: z.object({ message: z.string() }).nullable(),
  transcript: z.object({ words: z.number() }).nullable(),
  links: z.object({ temporal: z.string() }),
});
export type Session = z.infer<typeof sessionSchema>;

const pairSchema = z.object({ taskId: z.string(), builderToken: z.string() });
export type TaskPair = z.infer<typeof pairSchema>;
const recordingSchema = z.object({ recordingUuid: z.string() });

/** The product, as its callers see it. */
export type Api = {
  readonly url: string;
  start(body: object): Promise<Session>;
  /** As `start`, but says how it was answered and waits for nothing. */
  submit(body: object): Promise<{ readonly status: number; readonly session: Session }>;
  get(id: string): Promise<Session>;
  change(id: string, body: object): Promise<Session>;
  stop(id: string): Promise<Session>;
  /** The lines of its text. */
  transcript(id: string): Promise<readonly string[]>;
  /** Waits until the session is as `isDone` says; throws `what`, a sentence of what did not happen. */
  until(id: string, what: string, isDone: (session: Session) => boolean): Promise<Session>;
  /** The endpoints of Agora's Astro guide. */
  startByAstro(channel: string): Promise<TaskPair>;
  stopByAstro(pair: TaskPair): Promise<void>;
  /** Has somebody call the simulated Vonage number; returns the id of the session that is to come of it. */
  playCall(): Promise<string>;
};

export function apiAt(url: string, signal: AbortSignal): Api {
  const call = async <T>(schema: z.ZodType<T>, path: string, how: Call): Promise<T> =>
    readReply(schema, `${how.method ?? 'GET'} ${path}`, await request(url + path, signal, how));
  const get = (id: string) => call(sessionSchema, pathOf(id), {});
  return {
    url,
    get,
    start: (body) => call(sessionSchema, '/v1/sessions', { method: 'POST', body, headers: WAIT }),
    submit: async (body) => {
      const reply = await request(`${url}/v1/sessions`, signal, { method: 'POST', body });
      return { status: reply.status, session: readReply(sessionSchema, 'The start', reply) };
    },
    change: (id, body) => call(sessionSchema, pathOf(id), { method: 'PATCH', body }),
    stop: (id) => call(sessionSchema, `${pathOf(id)}/stop`, { method: 'POST', headers: WAIT }),
    transcript: async (id) => {
      const path = `${pathOf(id)}/transcript?format=txt`;
      const { status, text } = await request(url + path, signal);
      if (status !== 200) throw new Error(`${path} was answered with ${status}: ${text}`);
      return text.trimEnd().split('\n');
    },
    until: async (id, what, isDone) => {
      let session: Session | undefined;
      const check = async () => {
        session = await get(id);
        return isDone(session) || session.failure !== null;
      };
      const patience = { everyMs: LOOK_EVERY_MS, withinMs: 60_000, signal };
      await waitUntil(`${id} ${what}`, check, patience);
      if (session?.failure) throw new Error(`${id} failed: ${session.failure.message}`);
      return session ?? get(id);
    },
    startByAstro: (channel) =>
      call(pairSchema, '/api/transcription/start.json', { method: 'POST', body: { channel } }),
    stopByAstro: async (pair) => {
      await call(z.object({}), '/api/transcription/stop.json', { method: 'POST', body: pair });
    },
    playCall: async () => {
      const path = '/simulators/vonage/call';
      const { recordingUuid } = await call(recordingSchema, path, { method: 'POST' });
      return `vonage:${recordingUuid}`;
    },
  };
}

function pathOf(id: string): string {
  return `/v1/sessions/${encodeURIComponent(id)}`;
}
