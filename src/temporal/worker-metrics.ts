import {
  Runtime,
  type MetricsExporterConfig,
  type NativeConnection,
  type Worker,
} from '@temporalio/worker';
import { freePort } from '../local/ports.ts';
import { BUCKETS } from '../metrics/buckets.ts';
import { processMetrics } from '../metrics/process.ts';
import { PROVIDER_CALLS, PROVIDER_CALLS_HELP } from '../metrics/provider-calls.ts';
import { serveWorkerEndpoints } from '../metrics/worker-endpoints.ts';
import type { ObserveCall } from '../providers/measured.ts';
import type { MetricsAddress } from '../settings/metrics.ts';

const LOOPBACK = '127.0.0.1';
const DEADLINE_MS = 1_000;

/** What a worker tells of itself: its metrics, the SDK's among them, and whether it works. */
export class WorkerMetrics {
  /** What the SDK's runtime is to be installed with. */
  readonly telemetry: { readonly metrics?: MetricsExporterConfig };
  #why: () => Promise<string | null> = async () => 'The worker is starting';
  #endServing = (): void => {};

  private constructor(sdkAddress: string | null) {
    this.telemetry = sdkAddress === null ? {} : { metrics: prometheusAt(sdkAddress) };
  }

  /** Begins to serve them at `address`; null = they are served nowhere. Throws where they can't be. */
  static async at(address: MetricsAddress | null): Promise<WorkerMetrics> {
    if (address === null) return new WorkerMetrics(null);
    // The SDK serves its own by itself.
    const sdkAddress = `${LOOPBACK}:${await freePort(LOOPBACK)}`;
    const metrics = new WorkerMetrics(sdkAddress);
    metrics.#endServing = await serveWorkerEndpoints(address, {
      registry: processMetrics(),
      sdkAddress,
      unreadiness: () => metrics.#why(),
    });
    return metrics;
  }

  /** Notes calls to vendors among the metrics of the SDK's runtime, which has to be installed. */
  providerCalls(): ObserveCall {
    const durations = Runtime.instance().metricMeter.createHistogram(
      PROVIDER_CALLS,
      'float',
      undefined,
      PROVIDER_CALLS_HELP,
    );
    return ({ seconds, ...labels }) => durations.record(seconds, labels);
  }

  /** The workers are there: from now on they are ready while each of them polls, and Temporal answers. */
  watch(workers: readonly Worker[], connection: NativeConnection, namespace: string): void {
    this.#why = async () => {
      const idle = workers.find((worker) => worker.getState() !== 'RUNNING');
      if (idle) return `The worker of ${idle.options.taskQueue} is ${idle.getState()}`;
      try {
        const describe = () => connection.workflowService.describeNamespace({ namespace });
        await connection.withDeadline(Date.now() + DEADLINE_MS, describe);
        return null;
      } catch {
        return 'Temporal does not answer; see TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE';
      }
    };
  }

  end(): void {
    this.#endServing();
  }
}

function prometheusAt(bindAddress: string): MetricsExporterConfig {
  const histogramBucketOverrides = Object.fromEntries(
    Object.entries(BUCKETS).map(([name, bounds]) => [name, [...bounds]]),
  );
  return {
    prometheus: {
      bindAddress,
      countersTotalSuffix: true,
      unitSuffix: true,
      useSecondsForDurations: true,
      histogramBucketOverrides,
    },
  };
}
