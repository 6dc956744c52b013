import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

/** How long nobody may have asked for anything before the end: balancers look away once `/readyz` fails. */
const QUIET_MS = 1_000;
/** How long they have for it, however much comes. */
const LONGEST_MS = 5_000;
const LOOK_EVERY_MS = 50;

/** What balancers, and whoever scrapes, ask for themselves. */
const PROBES = new Set<string | undefined>(['/healthz', '/readyz', '/metrics']);

/**
 * The end of an API, of which no caller notices anything. While it drains it answers whatever comes, and has each
 * connection closed after the answer; a connection that is closed while a request comes by it would lose that.
 */
export class Drain {
  readonly #app: FastifyInstance;
  #isDraining = false;
  #underWay = 0;
  #lastCameAtMs = 0;

  /** To be called before the routes are there. */
  constructor(app: FastifyInstance) {
    this.#app = app;
    app.addHook('onRequest', async ({ routeOptions }, reply) => {
      this.#underWay += 1;
      reply.raw.once('close', () => void (this.#underWay -= 1));
      if (!PROBES.has(routeOptions.url)) this.#lastCameAtMs = Date.now();
    });
    app.addHook('onSend', async (_request, reply) => {
      if (this.#isDraining) void reply.header('connection', 'close');
    });
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Closes the API once it is no longer asked for anything, and has answered everything. */
  async close(): Promise<void> {
    this.#isDraining = true;
    const beganAtMs = Date.now();
    const isOver = (nowMs: number) =>
      nowMs - Math.max(beganAtMs, this.#lastCameAtMs) >= QUIET_MS ||
      nowMs - beganAtMs >= LONGEST_MS;
    while (!isOver(Date.now())) await delay(LOOK_EVERY_MS);
    const closed = this.#app.close();
    // A connection by which no request has ever come does not count as idle, and would hold us up for minutes.
    do await delay(LOOK_EVERY_MS);
    while (this.#underWay > 0);
    this.#app.server.closeAllConnections();
    await closed;
  }
}
