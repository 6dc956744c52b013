import { PROVIDER_VARIABLES, readConfig, readEnvironment } from './config.ts';
import { PROVIDER_NAMES } from './domain/sessions.ts';
import { buildApp } from './http/app.ts';
import { requestFields } from './http/request-lines.ts';
import { astroStart, changeRequestSchema, startRequestSchema } from './providers/registry.ts';
import { answerCall, callers } from './providers/vonage/call-control.ts';
import { processMetrics } from './metrics/process.ts';
import { providerCallMetrics } from './metrics/provider-calls.ts';
import { measured } from './providers/measured.ts';
import { fetchPublicKey } from './providers/videosdk/public-key.ts';
import { objectStore } from './storage/object-store.ts';
import { createLogger, tellOnEveryLine } from './telemetry/logging.ts';
import { startTracing } from './telemetry/tracing.ts';
import { temporalCallMetrics } from './temporal/call-metrics.ts';
import { lazyClient } from './temporal/connection.ts';

const log = await createLogger('api', readEnvironment());
tellOnEveryLine(requestFields);

try {
  await serve();
} catch (error) {
  log.fatal(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

/** Serves the HTTP API until SIGTERM, and then finishes the requests under way. */
async function serve(): Promise<void> {
  const config = readConfig();
  log.level = config.logLevel;
  const tracing = await startTracing(config.areTracesWanted, { name: 'api', log, vendorUrls: [] });
  const registry = processMetrics();
  const client = lazyClient(
    config.encryptionKeys,
    [temporalCallMetrics(registry)],
    tracing?.client,
  );
  const observe = providerCallMetrics(registry);
  const { vonage } = config;
  const { videosdk } = config.providers;
  const { app, close } = await buildApp({
    client,
    registry,
    log,
    traceRequests: tracing?.requests ?? null,
    apiKeys: config.apiKeys,
    requestsPerMinute: config.requestsPerMinute,
    encryptionKeys: config.encryptionKeys,
    publicUrl: config.publicUrl,
    taskQueue: config.taskQueue,
    temporalUiUrl: config.temporalUiUrl,
    startRequest: startRequestSchema(config, PROVIDER_VARIABLES),
    providers: PROVIDER_NAMES.filter((name) => config.providers[name] !== null),
    changeRequest: changeRequestSchema(),
    astroStart: astroStart(config),
    agoraNotificationSecret: config.agoraNotificationSecret,
    transcriptionEventSecret: config.transcriptionEventSecret,
    simulatedVonageUrl: config.simulatedVonageUrl,
    vonage: vonage && {
      applicationId: vonage.applicationId,
      signatureSecret: vonage.signatureSecret,
      answerCall: (conversationUuid) => answerCall(vonage, conversationUuid),
      channels: callers(vonage),
      transcription: vonage.transcription,
      graceSeconds: vonage.graceSeconds,
    },
    videosdkPublicKey: videosdk && (() => fetchPublicKey(videosdk.baseUrl)),
    transcripts: config.transcripts && measured('s3', objectStore(config.transcripts), observe),
    transcriptWaitMs: config.transcriptWaitMs,
  });
  const end = async () => {
    await close();
    await client.connection.close();
    await tracing?.close();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void end());
  await app.listen({ host: config.host, port: config.port });
}
