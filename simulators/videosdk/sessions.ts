import { randomBytes } from 'node:crypto';
import { z } from 'zod';

/** From the first participant of a room to the last; times in ms since the epoch. */
export const sessionSchema = z.object({
  sessionId: z.string(),
  roomId: z.string(),
  startedAtMs: z.number(),
  endedAtMs: z.number().nullable(),
});
export type Session = z.infer<typeof sessionSchema>;

/** In `all`, a room has an active session as soon as someone asks for it; else only when opened. */
export type OpenRooms = 'all' | 'listed';

/** The sessions of all rooms, at most one active in each. */
export class Sessions {
  readonly #now: () => number;
  readonly #openRooms: OpenRooms;
  readonly #sessions: Session[];

  constructor(now: () => number, openRooms: OpenRooms, saved: readonly Session[]) {
    this.#now = now;
    this.#openRooms = openRooms;
    this.#sessions = [...saved];
  }

  all(): readonly Session[] {
    return this.#sessions;
  }

  active(roomId: string): Session | undefined {
    return this.#openSession(roomId) ?? (this.#openRooms === 'all' ? this.open(roomId) : undefined);
  }

  /** The active one when there is one. */
  open(roomId: string): Session {
    const active = this.#openSession(roomId);
    if (active) return active;
    const sessionId = randomBytes(12).toString('hex');
    const session: Session = { sessionId, roomId, startedAtMs: this.#now(), endedAtMs: null };
    this.#sessions.push(session);
    return session;
  }

  close(roomId: string): Session & { readonly endedAtMs: number } {
    const active = this.#openSession(roomId);
    if (!active) throw new Error(`room "${roomId}" has no active session`);
    const endedAtMs = this.#now();
    return Object.assign(active, { endedAtMs });
  }

  #openSession(roomId: string): Session | undefined {
    return this.#sessions.find(
      (session) => session.roomId === roomId && session.endedAtMs === null,
    );
  }
}
