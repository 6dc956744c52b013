import { pino } from 'pino';
import { PROVIDER_VARIABLES, readConfig } from './config.ts';
import { PROVIDER_NAMES } from './domain/sessions.ts';
import { buildApp } from './http/app.ts';
import { astroStart, changeRequestSchema, startRequestSchema } from './providers/registry.ts';
import { answerCall, callers } from './providers/vonage/call-control.ts';
import { processMetrics } from './metrics/process.ts';
import { providerCallMetrics } from './metrics/provider-calls.ts';
import { measured } from './providers/measured.ts';
import { fetchPublicKey } from './providers/videosdk/public-key.ts';
import { objectStore } from './storage/object-store.ts';
import { temporalCallMetrics } from './temporal/call-metrics.ts';
import { lazyClient } from './temporal/connection.ts';

/** Requests are logged without their query: that of a webhook has phone numbers. */
const log = pino({
  name: 'api',
  serializers: {
    req: ({ method, url }: { method: string; url: string }) => ({
      method,
      url: url.split('?')[0],
    }),
  },
});

try {
  await serve();
} catch (error) {
  log.fatal(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

/** Serves the HTTP API until SIGTERM, and then finishes the requests under way. */
async function serve(): Promise<void> {
  const config = readConfig();
  const registry = processMetrics();
  const client = lazyClient(config.encryptionKeys, [temporalCallMetrics(registry)]);
  const observe = providerCallMetrics(registry);
  const { vonage } = config;
  const { videosdk } = config.providers;
  const { app, close } = await buildApp({
    client,
    registry,
    log,
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
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void end());
  await app.listen({ host: config.host, port: config.port });
}
