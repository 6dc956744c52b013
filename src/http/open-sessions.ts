import type { Client } from '@temporalio/client';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { SessionStatus } from '../domain/session.ts';
import { PROVIDER_NAMES, type ProviderName } from '../domain/sessions.ts';
import { equals, SEARCH_ATTRIBUTES } from '../workflows/messages.ts';

/** How old a count may be: Temporal answers few such questions a second. */
const COUNTED_EVERY_MS = 20_000;
/** How long all counts may take together. */
const COUNTED_WITHIN_MS = 5_000;
/** How long whoever scrapes waits for them: what comes later is shown the next time. */
const SCRAPE_WAITS_MS = 1_000;

type Count = { readonly labels: { provider: ProviderName; status: SessionStatus }; count: number };

/**
 * Shows how many sessions are open, as Temporal's visibility has them. While Temporal is away there is no number, and no
 * scrape fails or is slow for it. Every process of the API counts the same sessions.
 */
export function openSessionMetrics(client: Client, registry: Registry): void {
  const failures = new Counter({
    name: 'durascribe_sessions_count_failures_total',
    help: 'how often the open sessions could not be counted',
    registers: [registry],
  });
  let counts: readonly Count[] = [];
  let triedAtMs = -Infinity;
  const recount = async () => {
    try {
      counts = await countOpen(client);
    } catch {
      counts = [];
      failures.inc();
    }
  };
  registry.registerMetric(
    new Gauge({
      name: 'durascribe_sessions',
      help: 'sessions that are open; every process of the API counts the same ones',
      labelNames: ['provider', 'status'],
      registers: [],
      async collect() {
        if (Date.now() - triedAtMs >= COUNTED_EVERY_MS) {
          triedAtMs = Date.now();
          await Promise.race([recount(), pause(SCRAPE_WAITS_MS)]);
        }
        this.reset();
        for (const { labels, count } of counts) this.set(labels, count);
      },
    }),
  );
}

/** One after the other, to be a burden to nobody. The server (1.29) groups by no search attribute. */
async function countOpen(client: Client): Promise<Count[]> {
  const counts: Count[] = [];
  const byMs = Date.now() + COUNTED_WITHIN_MS;
  for (const provider of PROVIDER_NAMES) {
    for (const status of openStatuses(provider)) {
      const query = [
        "ExecutionStatus = 'Running'",
        equals(SEARCH_ATTRIBUTES.provider, provider),
        equals(SEARCH_ATTRIBUTES.status, status),
      ].join(' AND ');
      const { count } = await client.withDeadline(byMs, () => client.workflow.count(query));
      counts.push({ labels: { provider, status }, count });
    }
  }
  return counts;
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
