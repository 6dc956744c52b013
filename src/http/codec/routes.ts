import type { Client } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { callerKey } from '../access.ts';
import { answer, emptyAnswer } from '../documentation/operation.ts';
import { Problem } from '../problem.ts';
import type { CodecAccess } from './access.ts';
import { PAGE, PAGE_POLICY } from './page.ts';

/** Temporal takes messages of 4 MiB, which are a third larger in base64. */
const MAX_BODY_BYTES = 8 * 1_024 * 1_024;
/** Each costs time of its own, which everybody else waits for; an event of Temporal's has a few. */
const MOST_PAYLOADS = 10_000;
const PREFLIGHT_SECONDS = 600;

/** As JSON has bytes in proto3: of both alphabets, with or without an end. */
const bytes = z.string().regex(/^[A-Za-z0-9+/_-]*={0,2}$/, 'must be base64');
const PayloadSchema = z.object({
  metadata: z.record(z.string(), bytes).default({}).meta({ description: 'Bytes in base64.' }),
  data: bytes.default('').meta({ description: 'Bytes in base64.' }),
});
const EXAMPLE = {
  payloads: [
    { metadata: { encoding: base64('json/plain') }, data: base64('{"languages":["fr-FR"]}') },
  ],
};
const Asked = z
  .object({ payloads: z.array(PayloadSchema).max(MOST_PAYLOADS).default([]) })
  .meta({ title: 'payloads', bodyExamples: [EXAMPLE] });
const Answered = z
  .object({
    payloads: z.array(z.object({ metadata: z.record(z.string(), z.string()), data: z.string() })),
  })
  .meta({ examples: [EXAMPLE] });

const DECODE = {
  operationId: 'decodePayloads',
  summary: 'Decrypt payloads',
  description:
    "Temporal's protocol of codec servers, for its Web UI and its CLI. What is not encrypted comes back as it is.",
  tags: ['codec'],
  body: Asked,
  problems: ['unprocessable'],
  response: { 200: answer('The payloads in the clear, in their order.', Answered) },
} as const;

const ENCODE = {
  operationId: 'encodePayloads',
  summary: 'Encrypt payloads',
  description:
    'The same way back, for what the CLI sends. Without a key they come back as they are.',
  tags: ['codec'],
  body: Asked,
  response: { 200: answer('The payloads as Temporal is to keep them.', Answered) },
} as const;

const PASS = {
  operationId: 'takeCodecPass',
  summary: 'Have this browser let in to decrypt',
  description: 'For 12 hours, and for nothing else; `/codec` is the page that asks for it.',
  tags: ['codec'],
  problems: ['unprocessable'],
  answerHeaders: { 204: { 'Set-Cookie': { type: 'string', description: 'The pass.' } } },
  response: { 204: emptyAnswer('The browser has the pass.') },
} as const;

export type CodecRoutesOptions = { readonly client: Client; readonly codecAccess: CodecAccess };

/** `/codec`: a codec server of Temporal's, and how a browser is let in to it. */
export const codecRoutes: FastifyPluginCallbackZod<CodecRoutesOptions> = (
  app,
  { client, codecAccess },
  done,
) => {
  const { payloadCodecs } = client.options.loadedDataConverter;

  // Also where the answer is an error: the page of the Web UI is to learn which.
  app.addHook('onSend', async (request, reply) => {
    void reply.headers({ 'cache-control': 'no-store', vary: 'origin' });
    if (!codecAccess.isOfTemporalUi(request)) return;
    void reply.headers({
      'access-control-allow-origin': codecAccess.uiOrigin,
      'access-control-allow-credentials': 'true',
    });
  });
  const allow = {
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': 'x-namespace, content-type, authorization',
    'access-control-max-age': PREFLIGHT_SECONDS,
  };
  for (const path of ['/decode', '/encode']) {
    app.options(path, { schema: { hide: true } }, async (request, reply) => {
      if (codecAccess.isOfTemporalUi(request)) void reply.headers(allow);
      return reply.code(204).send();
    });
  }

  app.post('/decode', { schema: DECODE, bodyLimit: MAX_BODY_BYTES }, async ({ body }) => ({
    payloads: (await decoded(payloadCodecs, body.payloads.map(payloadOf))).map(jsonOf),
  }));

  app.post('/encode', { schema: ENCODE, bodyLimit: MAX_BODY_BYTES }, async ({ body }) => {
    let payloads = body.payloads.map(payloadOf);
    for (const codec of payloadCodecs) payloads = await codec.encode(payloads);
    return { payloads: payloads.map(jsonOf) };
  });

  app.post('/pass', { schema: PASS }, async (request, reply) => {
    const key = callerKey(request);
    if (key === undefined)
      throw new Problem('unprocessable', 'This API has no keys: none is needed');
    const pass = await codecAccess.passFor(key);
    if (pass === null) {
      const detail = 'Nothing is encrypted here, as DURASCRIBE_ENCRYPTION_KEYS is not set';
      throw new Problem('unprocessable', detail);
    }
    return reply.code(204).header('set-cookie', pass).send();
  });

  app.get('/', { schema: { hide: true }, prefixTrailingSlash: 'no-slash' }, (_request, reply) =>
    reply.headers(PAGE_POLICY).type('text/html; charset=utf-8').send(PAGE),
  );
  done();
};

async function decoded(codecs: readonly PayloadCodec[], payloads: Payload[]): Promise<Payload[]> {
  try {
    let clear = payloads;
    for (const codec of codecs.toReversed()) clear = await codec.decode(clear);
    return clear;
  } catch (error) {
    throw new Problem('unprocessable', error instanceof Error ? error.message : String(error));
  }
}

function payloadOf({ metadata, data }: z.infer<typeof PayloadSchema>): Payload {
  const entries = Object.entries(metadata).map(([name, value]) => [name, bytesOf(value)] as const);
  return { metadata: Object.fromEntries(entries), data: bytesOf(data) };
}

function jsonOf({ metadata, data }: Payload): z.infer<typeof Answered>['payloads'][number] {
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)]);
  return { metadata: Object.fromEntries(entries), data: base64(data ?? '') };
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'base64');
}

function base64(value: string | Uint8Array): string {
  return Buffer.from(value).toString('base64');
}
