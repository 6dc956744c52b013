import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { arrivedCall, parsedBody } from '../shared/http-call.ts';
import { taskOfFile } from './files.ts';
import type { Call } from './ledger.ts';
import type { Project } from './project.ts';

const paramsSchema = z.object({ name: z.string().default('') });
const roomSchema = z.object({ roomId: z.string() });

/** Records a request as soon as it arrives, whatever it is. */
export function openCall(
  project: Project,
  operation: Call['operation'],
  request: FastifyRequest,
): Call {
  const name = pathName(request.params);
  const arrived = arrivedCall(operation, request, project.now());
  const task = project.tasks.get(name) ?? taskOfFile(project, name);
  const roomId = task?.roomId ?? roomNamed(arrived.body) ?? roomNamed(arrived.query);
  const id = task?.id ?? name;
  return project.records.open({
    ...arrived,
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
