import { metricMeter } from '@temporalio/activity';

/** How long after `dueAtMs`, when the vendor would have taken it, an update is sent: now. */
export function observeLateness(provider: string, dueAtMs: number): void {
  const help = 'how long after it could have been sent an update was sent';
  metricMeter
    .createHistogram('durascribe_update_lateness_seconds', 'float', undefined, help)
    .record(Math.max(Date.now() - dueAtMs, 0) / 1_000, { provider });
}
