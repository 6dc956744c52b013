import { collectDefaultMetrics, Registry } from 'prom-client';

/** The metrics of this process: its memory, its CPU and how late its event loop is. What else it measures is added to them. */
export function processMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
