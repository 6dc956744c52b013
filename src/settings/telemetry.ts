import { z } from 'zod';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const endpoint = z.url({ protocol: /^https?$/ }).optional();

/** Our own variable, and those of OpenTelemetry's that decide whether there are traces; its SDK reads all of them. */
export const TelemetryEnvironment = z.object({
  DURASCRIBE_LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
  OTEL_SDK_DISABLED: z.string().optional(),
  OTEL_TRACES_EXPORTER: z.string().optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint,
});

/** Whether somebody wants traces: it is said where they go, and not that there are to be none. */
export function areTracesWanted(data: z.infer<typeof TelemetryEnvironment>): boolean {
  const { OTEL_SDK_DISABLED: disabled, OTEL_TRACES_EXPORTER: exporter } = data;
  if (disabled?.trim().toLowerCase() === 'true' || exporter?.trim() === 'none') return false;
  const places = [data.OTEL_EXPORTER_OTLP_ENDPOINT, data.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT];
  return [exporter, ...places].some((value) => value !== undefined);
}
