import { InterceptingCall, ListenerBuilder, RequesterBuilder, status } from '@grpc/grpc-js';
import type { Interceptor } from '@grpc/grpc-js';
import { Histogram, type Registry } from 'prom-client';
import { BUCKETS } from '../metrics/buckets.ts';

const NAME = 'durascribe_temporal_call_duration_seconds';

/** Measures each call of a client to Temporal, those that it makes anew included. */
export function temporalCallMetrics(registry: Registry): Interceptor {
  const durations = new Histogram({
    name: NAME,
    help: 'how long a call of the API to Temporal took, each try by itself',
    labelNames: ['operation', 'code'],
    buckets: [...BUCKETS[NAME]],
    registers: [registry],
  });
  return (options, nextCall) => {
    const operation = options.method_definition.path.split('/').at(-1) ?? '';
    const beganAtMs = performance.now();
    const requester = new RequesterBuilder().withStart((metadata, _listener, next) => {
      const listener = new ListenerBuilder().withOnReceiveStatus((received, pass) => {
        const seconds = (performance.now() - beganAtMs) / 1_000;
        durations.observe({ operation, code: status[received.code] }, seconds);
        pass(received);
      });
      next(metadata, listener.build());
    });
    return new InterceptingCall(nextCall(options), requester.build());
  };
}
