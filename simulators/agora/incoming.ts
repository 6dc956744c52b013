import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { arrivedCall } from '../shared/http-call.ts';
import type { Call } from './ledger.ts';
import type { Project } from './project.ts';

const paramsSchema = z.object({ appid: z.string().default(''), agentId: z.string().default('') });

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
  const arrived = arrivedCall(operation, request, project.now());
  const task = project.tasks.get(agentId);
  const wanted = z.string().safeParse(arrived.query['channel']).data;
  const channel = task?.channel ?? channelNamed(arrived.body) ?? wanted;
  return project.records.open({
    ...arrived,
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

/** The project and the task that a path names; empty where it names none. */
export function pathParams(params: unknown): z.infer<typeof paramsSchema> {
  return paramsSchema.parse(params);
}
