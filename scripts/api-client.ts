// Makes the typed client of the API that the command line uses of the OpenAPI document: `npm run api-client`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateSource } from 'oazapfts';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { z } from 'zod';
import { parseConfig, PROVIDER_VARIABLES } from '../src/config.ts';
import { buildApp } from '../src/http/app.ts';
import { changeRequestSchema, startRequestSchema } from '../src/providers/registry.ts';
import { lazyClient } from '../src/temporal/connection.ts';

export const API_CLIENT = fileURLToPath(new URL('../src/cli/api-client.ts', import.meta.url));

/** What the schema of an object says besides its fields, which a type can't. */
const CONDITIONS = new Set(['oneOf', 'allOf', 'anyOf', 'not']);
const Document = z.looseObject({ paths: z.record(z.string(), z.unknown()) });

if (import.meta.main) writeFileSync(API_CLIENT, await apiClient());

/** The source of the client for what the API's document says today. Needs no server. */
export async function apiClient(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'durascribe-client-'));
  try {
    const file = join(folder, 'openapi.json');
    writeFileSync(file, JSON.stringify(await document(), asTypes));
    return await generateSource(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The document of what is for callers: `/v1`. */
async function document(): Promise<unknown> {
  const config = parseConfig({});
  const client = lazyClient([]);
  const { app } = await buildApp({
    client,
    registry: new Registry(),
    log: pino({ level: 'silent' }),
    traceRequests: null,
    apiKeys: [],
    encryptionKeys: [],
    publicUrl: null,
    requestsPerMinute: config.requestsPerMinute,
    taskQueue: config.taskQueue,
    temporalUiUrl: config.temporalUiUrl,
    startRequest: startRequestSchema(config, PROVIDER_VARIABLES),
    providers: [],
    changeRequest: changeRequestSchema(),
    astroStart: null,
    agoraNotificationSecret: null,
    transcriptionEventSecret: null,
    simulatedVonageUrl: null,
    vonage: null,
    videosdkPublicKey: null,
    transcripts: null,
    transcriptWaitMs: 0,
  });
  await app.ready();
  const { paths, ...rest } = Document.parse(app.swagger());
  await app.close();
  await client.connection.close();
  const ours = Object.entries(paths).filter(([path]) => path.startsWith('/v1/'));
  return { ...rest, paths: Object.fromEntries(ours) };
}

/** Leaves out of a document what makes for worse types, as `JSON.stringify` calls it for every part. */
function asTypes(key: string, value: unknown): unknown {
  // Zod's word for arrays that our code doesn't change; to OpenAPI it is a field that requests don't have.
  if (key === 'readOnly') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  const isTyped = 'properties' in value || ('items' in value && 'type' in value);
  if (!isTyped) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => !CONDITIONS.has(name)));
}
