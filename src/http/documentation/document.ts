import swagger from '@fastify/swagger';
import apiReference from '@scalar/fastify-api-reference';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { operationOf } from './operation.ts';

const SCHEMAS = '#/components/schemas/';
/** The page gets everything from here, so that it works where there is no Internet, and tells nobody. */
const PAGE_POLICY = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
].join('; ');

const TAGS = [
  { name: 'sessions', description: 'Transcriptions of live rooms and of recordings.' },
  { name: 'transcripts', description: 'What was said.' },
  { name: 'callbacks', description: 'What sessions have told others, and how that went.' },
  { name: 'astro', description: "The endpoints of the backend in Agora's Astro guide." },
  { name: 'webhooks', description: 'What vendors tell us. Each proves where it comes from.' },
  { name: 'codec', description: 'Reads, for operators, what Temporal keeps encrypted.' },
  { name: 'health', description: 'Whether this process lives, and reaches Temporal.' },
];

/** The proofs that a request may have to bring. */
const SECURITY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer', description: 'A key of this API.' },
  agora: {
    type: 'apiKey',
    in: 'header',
    name: 'Agora-Signature-V2',
    description: "Hex of HMAC-SHA256 over the raw body, by the notifications' secret.",
  },
  videosdk: {
    type: 'apiKey',
    in: 'header',
    name: 'videosdk-signature',
    description: "Base64 of RSA-SHA256 over the raw body, by VideoSDK's key.",
  },
  vonage: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: "Vonage's token, HS256 by the account's signature secret.",
  },
  eventBridge: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Durascribe-Event-Secret',
    description: 'The secret of the API destination.',
  },
} as const;

const DESCRIPTION = `Durable transcription sessions, of live rooms and of recordings.

Bodies are strict: an unknown field and a \`null\` are faults. Every error is a problem (RFC 9457), which names all faults
of a body at once. A 2xx is only ever sent for what Temporal has stored; after a 503 send the request again.`;

/** The very objects, not copies of them. */
const Whole = z.object({
  paths: z.unknown(),
  components: z.object({ schemas: z.custom<object>((value) => typeof value === 'object') }),
});

/** Serves `/openapi.json`, made from the schemas that validate, and a page at `/docs` to try it. Comes before every route. */
export async function documentation(app: FastifyInstance, hasKeys: boolean): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Durascribe', version: '1', description: DESCRIPTION },
      tags: TAGS,
      components: { securitySchemes: SECURITY_SCHEMES },
    },
    transform: operationOf(hasKeys),
    transformObject: (document) => {
      const whole = jsonSchemaTransformObject(document);
      removeUnused(whole);
      return whole;
    },
  });
  // They are about the API, and not of it.
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
  await app.register(async (pages) => {
    pages.addHook('onSend', async (_request, reply) => {
      void reply.header('content-security-policy', PAGE_POLICY);
    });
    await pages.register(apiReference, {
      routePrefix: '/docs',
      configuration: {
        url: '/openapi.json',
        pageTitle: 'Durascribe API',
        withDefaultFonts: false,
        telemetry: false,
        hideClientButton: true,
        showDeveloperTools: 'never',
        // Without one a browser asks for /favicon.ico.
        favicon: 'data:,',
        agent: { disabled: true },
        mcp: { disabled: true },
      },
    });
  });
}

/** Every known schema is offered as it comes in and as it goes out, whether something refers to it or not. */
function removeUnused(document: object): void {
  const { paths, components } = Whole.parse(document);
  const used = new Set<string>();
  const follow = (part: unknown): void => {
    const json = JSON.stringify(part) ?? '';
    for (const [name, schema] of Object.entries(components.schemas)) {
      if (used.has(name) || !json.includes(`"${SCHEMAS}${name}"`)) continue;
      used.add(name);
      follow(schema);
    }
  };
  follow(paths);
  for (const name of Object.keys(components.schemas)) {
    if (!used.has(name)) Reflect.deleteProperty(components.schemas, name);
  }
}
