import type { Client } from '@temporalio/client';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { SessionStatus } from '../domain/session.ts';
import { PROVIDER_NAMES, type ProviderName } from '../domain/sessions.ts';
import { equals, isOneOf, SEARCH_ATTRIBUTES } from '../workflows/messages.ts';

/** How old a count may be: Temporal answers few such questions a second. */
const COUNTED_EVERY_MS = 20_000;
/** How long all counts may take together. */
const COUNTED_WITHIN_MS = 5_000;
/** How long whoever scrapes waits for them: what comes later is shown the next time. */
const SCRAPE_WAITS_MS = 1_000;
/** A start is tried for ten minutes, and most stops take seconds: who is at it for longer needs somebody to look. */
const STUCK_AFTER_MS = 15 * 60_000;
const IS_OPEN = "ExecutionStatus = 'Running'";

type Counts = {
  readonly open: readonly {
    readonly labels: { readonly provider: ProviderName; readonly status: SessionStatus };
    readonly count: number;
  }[];
  readonly stuck: readonly {
    readonly labels: { readonly provider: ProviderName };
    readonly count: number;
  }[];
};
const NONE: Counts = { open: [], stuck: [] };

export type OpenSessionOptions = {
  readonly client: Client;
  /** Of the deployment whose sessions are counted: others may share the namespace. */
  readonly taskQueue: string;
  readonly registry: Registry;
};

/**
 * Shows how many sessions are open, as Temporal's visibility has them. While Temporal is away there is no number, and no
 * scrape fails or is slow for it. Every process of the API counts the same sessions.
 */
export function openSessionMetrics({ client, taskQueue, registry }: OpenSessionOptions): void {
  const failures = new Counter({
    name: 'durascribe_sessions_count_failures_total',
    help: 'how often the open sessions could not be counted',
    registers: [registry],
  });
  let counts = NONE;
  let triedAtMs = -Infinity;
  const recount = async () => {
    try {
      counts = await countOpen(client, taskQueue);
    } catch {
      counts = NONE;
      failures.inc();
    }
  };
  let counting = Promise.resolve();
  /** Whoever scrapes asks for all metrics at once: they share one count. */
  const counted = async () => {
    if (Date.now() - triedAtMs >= COUNTED_EVERY_MS) {
      triedAtMs = Date.now();
      counting = recount();
    }
    await Promise.race([counting, pause(SCRAPE_WAITS_MS)]);
  };
  const shown = (name: string, help: string, labelNames: string[], which: keyof Counts) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        await counted();
        this.reset();
        for (const { labels, count } of counts[which]) this.set(labels, count);
      },
    });
  shown('durascribe_sessions', 'sessions that are open', ['provider', 'status'], 'open');
  const help = 'open sessions that have been starting or stopping for a quarter of an hour';
  shown('durascribe_sessions_stuck', help, ['provider'], 'stuck');
}

/** One after the other, to be a burden to nobody. The server (1.29) groups by no search attribute. */
async function countOpen(client: Client, taskQueue: string): Promise<Counts> {
  const byMs = Date.now() + COUNTED_WITHIN_MS;
  const ask = async (...filters: string[]) => {
    const query = [equals({ name: 'TaskQueue' }, taskQueue), IS_OPEN, ...filters].join(' AND ');
    const { count } = await client.withDeadline(byMs, () => client.workflow.count(query));
    return count;
  };
  const open: Counts['open'][number][] = [];
  const stuck: Counts['stuck'][number][] = [];
  const before = new Date(Date.now() - STUCK_AFTER_MS).toISOString();
  const isStuck = `${SEARCH_ATTRIBUTES.changedAt.name} < '${before}'`;
  const isOnItsWay = isOneOf(SEARCH_ATTRIBUTES.status, ['starting', 'stopping']);
  for (const provider of PROVIDER_NAMES) {
    const ofProvider = equals(SEARCH_ATTRIBUTES.provider, provider);
    for (const status of openStatuses(provider)) {
      const count = await ask(ofProvider, equals(SEARCH_ATTRIBUTES.status, status));
      open.push({ labels: { provider, status }, count });
    }
    const count = await ask(ofProvider, isOnItsWay, isStuck);
    stuck.push({ labels: { provider }, count });
  }
  return { open, stuck };
}

function openStatuses(provider: ProviderName): readonly SessionStatus[] {
  const working = provider === 'amazon-transcribe' ? 'transcribing' : 'running';
  return ['starting', working, 'stopping'];
}

async function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
