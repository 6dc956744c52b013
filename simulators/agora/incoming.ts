import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { INVALID_JSON } from './body-rules.ts';
import { timestamp } from './ledger.ts';
import type { Call } from './ledger.ts';
import type { Project } from './project.ts';

const paramsSchema = z.object({ appid: z.string().default(''), agentId: z.string().default('') });
const querySchema = z.record(z.string(), z.unknown());
/** The bodies that name a channel, or an instance. */
const channelsSchema = z.union([
  z.object({ rtcConfig: z.object({ channelName: z.string() }) }),
  z.object({ audio: z.object({ agoraRtcConfig: z.object({ channelName: z.string() }) }) }),
  z.object({ instanceId: z.string() }),
]);

/** Records a request as soon as it arrives, whatever it is. */
export function openCall(
  project: Project,
  operation: Call['operation'],
  request: FastifyRequest,
): Call {
  const { agentId } = pathParams(request.params);
  const body = parsedBody(request.body);
  const query = querySchema.parse(request.query);
  const task = project.tasks.get(agentId);
  const wanted = z.string().safeParse(query['channel']).data;
  const channel = task?.channel ?? channelNamed(body) ?? wanted;
  return project.records.open({
    at: timestamp(project.now()),
    operation,
    method: request.method,
    path: request.url.split('?')[0] ?? '',
    query,
    body: body === INVALID_JSON ? '[not JSON]' : (body ?? null),
    status: null,
    response: null,
    ...(agentId && { agentId }),
    ...(channel && { channel }),
  });
}

function channelNamed(body: unknown): string | undefined {
  const { data } = channelsSchema.safeParse(body);
  if (!data) return undefined;
  if ('rtcConfig' in data) return data.rtcConfig.channelName;
  return 'audio' in data ? data.audio.agoraRtcConfig.channelName : data.instanceId;
}

/** Undefined without a body, `INVALID_JSON` for one that isn't JSON. */
export function parsedBody(body: unknown): unknown {
  if (typeof body !== 'string' || body === '') return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return INVALID_JSON;
  }
}

/** The project and the task that a path names; empty where it names none. */
export function pathParams(params: unknown): z.infer<typeof paramsSchema> {
  return paramsSchema.parse(params);
}
