import { createHmac, randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Jobs, OutputFile } from './jobs.ts';
import { contentTypeOf } from './output.ts';

/** "Temporary URIs for service-managed Amazon S3 buckets are only valid for 15 minutes." */
const VALID_SECONDS = 900;

const ACCESS_DENIED =
  '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>';

const querySchema = z.object({ 'X-Amz-Date': z.string(), 'X-Amz-Signature': z.string() });
const fileParams = z.object({
  account: z.string(),
  job: z.string(),
  id: z.string(),
  file: z.string(),
});

/** The bucket of the service, for jobs that name none of the customer's; read over signed URIs only. */
export class ServiceBucket {
  readonly #name: string;
  readonly #now: () => number;
  // URIs of an earlier process have to be asked for again, as those do that are too old.
  readonly #secret = randomBytes(32);

  constructor(region: string, now: () => number) {
    this.#name = `aws-transcribe-${region}-prod`;
    this.#now = now;
  }

  /** A URI of a file that is valid from now on; `origin` is the simulator's own. */
  uri(origin: string, { key }: OutputFile): string {
    const atMs = String(this.#now());
    const query = new URLSearchParams({
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Date': atMs,
      'X-Amz-SignedHeaders': 'host',
      'X-Amz-Expires': String(VALID_SECONDS - 1),
      'X-Amz-Signature': this.#signature(key, atMs),
    });
    return `${origin}/${this.#name}/${key}?${query.toString()}`;
  }

  register(app: FastifyInstance, jobs: Jobs): void {
    app.get(`/${this.#name}/:account/:job/:id/:file`, async (request, reply) => {
      const { account, job: jobName, id, file } = fileParams.parse(request.params);
      const key = [account, jobName, id, file].join('/');
      const found = jobs.get(jobName)?.result?.files.find((one) => one.key === key);
      if (!found || !this.#allows(key, request.query)) {
        return reply.code(403).type('application/xml').send(ACCESS_DENIED);
      }
      return reply.type(contentTypeOf(found)).send(found.body);
    });
  }

  #allows(key: string, query: unknown): boolean {
    const { data } = querySchema.safeParse(query);
    if (!data) return false;
    const { 'X-Amz-Date': atMs, 'X-Amz-Signature': signature } = data;
    const fresh = this.#now() - Number(atMs) < VALID_SECONDS * 1_000;
    return fresh && signature === this.#signature(key, atMs);
  }

  #signature(key: string, atMs: string): string {
    return createHmac('sha256', this.#secret).update(`${key}\n${atMs}`).digest('hex');
  }
}
