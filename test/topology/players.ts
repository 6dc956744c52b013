import { randomUUID } from 'node:crypto';
import { AUDIO_BUCKET, type Stack } from '../support/stack.ts';
import { audio } from '../support/audio.ts';
import type { Client } from './client.ts';

const LANGUAGES = ['fr-FR', 'de-DE', 'es-ES', 'it-IT'];
const CHANGES = 3;

/** A live session that was started, lived and was stopped, as the API accepted it. */
export type Room = {
  readonly provider: 'agora' | 'agora-legacy' | 'videosdk';
  /** The channel or room. */
  readonly name: string;
  readonly id: string;
  /** What was accepted last; null where nothing can change. */
  readonly languages: readonly string[] | null;
  readonly hasTranscript: boolean;
};

/** A recording that was handed in. */
export type Recording = { readonly id: string; readonly media: string };

/** Who uses the API all the time, and what it has accepted of them. */
export class Players {
  readonly rooms: Room[] = [];
  readonly recordings: Recording[] = [];
  readonly calls: string[] = [];
  /** What only who has the keys may read, in whatever is sent. */
  readonly secret: string;
  readonly #stack: Stack;
  readonly #client: Client;
  readonly #callbackUrl: string;
  #isOver = false;

  constructor(stack: Stack, client: Client, receiverUrl: string) {
    this.#stack = stack;
    this.#client = client;
    this.secret = `secret-${randomUUID()}`;
    this.#callbackUrl = `${receiverUrl}?token=${this.secret}`;
  }

  /** Plays until `end`; returns when everything that was begun has come to its end. */
  async play(): Promise<void> {
    const live = (['agora', 'agora', 'agora', 'agora-legacy', 'agora-legacy'] as const).map(
      (provider, number) => this.#again((turn) => this.#room(provider, `${number}-${turn}`)),
    );
    const videosdk = this.#again((turn) => this.#videosdk(`room-${turn}`));
    const recordings = this.#again((turn) => this.#recording(turn));
    const calls = this.#again((turn) => this.#call(turn));
    await Promise.all([...live, videosdk, recordings, calls, this.#longRoom()]);
  }

  end(): void {
    this.#isOver = true;
  }

  async #again(once: (turn: number) => Promise<void>): Promise<void> {
    for (let turn = 0; !this.#isOver; turn += 1) await once(turn);
  }

  /** A session with some changes. */
  async #room(provider: 'agora' | 'agora-legacy', number: string): Promise<void> {
    const name = `${provider}-${number}`;
    const path = await this.#start({ provider, channel: name, ...FIRST, ...CAPTIONS });
    for (let count = 1; count <= CHANGES; count += 1) await this.#change(path, count);
    await this.#conclude(path, provider, name, CHANGES);
  }

  /** A session that sees every process die, changed all the time. */
  async #longRoom(): Promise<void> {
    const path = await this.#start({ provider: 'agora', channel: 'long', ...FIRST, ...CAPTIONS });
    let count = 0;
    while (!this.#isOver) {
      count += 1;
      await this.#change(path, count);
      await this.#client.ask('GET', '/v1/sessions?pageSize=10');
    }
    await this.#conclude(path, 'agora', 'long', count);
  }

  async #videosdk(roomId: string): Promise<void> {
    const path = await this.#start({ provider: 'videosdk', roomId });
    await this.#stop(path);
    const id = `videosdk:${roomId}`;
    const rest = { languages: null, hasTranscript: true };
    this.rooms.push({ provider: 'videosdk', name: roomId, id, ...rest });
  }

  async #recording(turn: number): Promise<void> {
    const name = `given/${turn}-${this.secret}.mp3`;
    await this.#stack.s3.put(AUDIO_BUCKET, name, audio(2), 'audio/mpeg');
    const media = `s3://${AUDIO_BUCKET}/${name}`;
    const provider = 'amazon-transcribe';
    const request = { provider, media, languageCode: 'en-GB', callbackUrl: this.#callbackUrl };
    const { body } = await this.#client.ask('POST', '/v1/sessions', request);
    const id = String(body['id']);
    await this.#client.until(pathOf(id), ({ status }) => status === 'completed');
    this.recordings.push({ id, media });
  }

  /** Somebody calls; whether it comes to a recording is Vonage's to tell. */
  async #call(turn: number): Promise<void> {
    const from = String(447_700_960_000 + turn);
    const { conversationUuid, done } = this.#stack.vonage.placeCall({ from });
    this.calls.push(conversationUuid);
    await done;
  }

  async #start(request: Record<string, unknown>): Promise<string> {
    const asked = { ...request, callbackUrl: this.#callbackUrl };
    const { body } = await this.#client.ask('POST', '/v1/sessions', asked);
    const path = pathOf(String(body['id']));
    await this.#client.until(path, ({ status }) => status === 'running');
    return path;
  }

  async #change(path: string, revision: number): Promise<void> {
    const { body } = await this.#client.ask('PATCH', path, { languages: languagesAt(revision) });
    if (body['revision'] === revision) return;
    throw new Error(`${path}: change ${revision} became revision ${String(body['revision'])}`);
  }

  async #conclude(
    path: string,
    provider: 'agora' | 'agora-legacy',
    name: string,
    revision: number,
  ): Promise<void> {
    await this.#client.until(path, ({ appliedRevision }) => appliedRevision === revision);
    await this.#stop(path);
    const languages = languagesAt(revision);
    const id = `${provider}:${name}`;
    this.rooms.push({ provider, name, id, languages, hasTranscript: true });
  }

  async #stop(path: string): Promise<void> {
    await this.#client.ask('POST', `${path}/stop`);
    await this.#client.until(path, ({ status }) => status === 'stopped');
  }
}

const FIRST = { languages: ['en-US'] };
const CAPTIONS = { captions: { sliceSeconds: 5 } };

function languagesAt(revision: number): string[] {
  return [LANGUAGES[revision % LANGUAGES.length] ?? 'en-US'];
}

function pathOf(id: string): string {
  return `/v1/sessions/${encodeURIComponent(id)}`;
}
