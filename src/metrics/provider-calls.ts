import { Histogram, type Registry } from 'prom-client';
import type { ObserveCall } from '../providers/measured.ts';
import { BUCKETS } from './buckets.ts';

export const PROVIDER_CALLS = 'durascribe_provider_call_duration_seconds';
export const PROVIDER_CALLS_HELP = 'how long a call to a vendor or to object storage took';

/** Notes calls among the metrics of a process that is no worker. */
export function providerCallMetrics(registry: Registry): ObserveCall {
  const durations = new Histogram({
    name: PROVIDER_CALLS,
    help: PROVIDER_CALLS_HELP,
    labelNames: ['provider', 'operation', 'outcome'],
    buckets: [...BUCKETS[PROVIDER_CALLS]],
    registers: [registry],
  });
  return ({ seconds, ...labels }) => durations.observe(labels, seconds);
}
