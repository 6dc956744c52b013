import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { INVALID_JSON } from '../agora/body-rules.ts';
import { parsedBody } from '../agora/incoming.ts';
import { timestamp } from '../agora/ledger.ts';
import { taskOfFile } from './files.ts';
import type { Call } from './ledger.ts';
import type { Project } from './project.ts';

const paramsSchema = z.object({ name: z.string().default('') });
const querySchema = z.record(z.string(), z.unknown());
const roomSchema = z.object({ roomId: z.string() });

/** Records a request as soon as it arrives, whatever it is. */
export function openCall(
  project: Project,
  operation: Call['operation'],
  request: FastifyRequest,
): Call {
  const name = pathName(request.params);
  const body = parsedBody(request.body);
  const query = querySchema.parse(request.query);
  const task = project.tasks.get(name) ?? taskOfFile(project, name);
  const roomId = task?.roomId ?? roomNamed(body) ?? roomNamed(query);
  const id = task?.id ?? name;
  return project.records.open({
    at: timestamp(project.now()),
    operation,
    method: request.method,
    path: request.url.split('?')[0] ?? '',
    query,
    body: body === INVALID_JSON ? '[not JSON]' : (body ?? null),
    status: null,
    response: null,
    ...(id && { id }),
    ...(roomId && { roomId }),
  });
}

/** The body of a request that says it is JSON: the vendor's framework reads no other. */
export function requestBody(request: FastifyRequest): unknown {
  const isJson = /^application\/json\s*(?:;|$)/i.test(request.headers['content-type'] ?? '');
  return isJson ? parsedBody(request.body) : undefined;
}

/** The transcription or the file that a path names; empty where it names none. */
export function pathName(params: unknown): string {
  return paramsSchema.parse(params).name;
}

function roomNamed(value: unknown): string | undefined {
  return roomSchema.safeParse(value).data?.roomId;
}
