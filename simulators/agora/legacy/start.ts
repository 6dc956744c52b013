import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import { Refusal } from '../answers.ts';
import type { Answer } from '../answers.ts';
import { checked } from '../body-rules.ts';
import { captionPlan } from '../captions/plan.ts';
import { startTask } from '../project.ts';
import type { ApiRequest, Project } from '../project.ts';
import { checkRtcToken } from '../rtc-token.ts';
import type { TokenUse } from '../rtc-token.ts';
import type { Task } from '../tasks.ts';
import { coded, CODES, TOKEN_TOO_OLD, worded } from './answers.ts';
import { startBody } from './bodies.ts';
import type { BuilderToken } from './builder-tokens.ts';
import { knownToken, statusName, taskInfo } from './task-of-token.ts';
import { v4StartBody } from './v4-body.ts';

/** A bot that the body wants in the channel. */
type Bot = { readonly uid: string; readonly token: string | undefined } & Pick<
  TokenUse,
  'field' | 'publishes'
>;

/** What either shape of the body asks for. */
type Wanted = Pick<Task, 'channel' | 'maxIdleSeconds' | 'configuration' | 'captions'> & {
  readonly listener: Bot;
  readonly publisher: Bot;
};

/** "Start a Real-time STT task", v6, and in its older shape. */
export function start(project: Project, request: ApiRequest): Answer {
  const token = knownToken(project, request.query);
  if (!project.builderTokens.canStart(token, project.now())) {
    throw new Refusal(400, 'builder-token-late', TOKEN_TOO_OLD);
  }
  const started = token.taskId === null ? undefined : project.tasks.get(token.taskId);
  if (started) return repeatedStart(project, started);
  refuseUsedInstance(project, token);
  const { listener, publisher, ...wanted } = wantedBy(request.body);
  const tokenExpiresAtMs = Math.min(
    ...[listener, publisher].map((bot) => botTokenExpiry(project, wanted.channel, bot)),
  );
  const task = startTask(project, request.startingMs, {
    ...wanted,
    api: 'legacy',
    agentId: randomBytes(20).toString('hex'),
    name: token.instanceId,
    botUid: publisher.uid,
    subBotUid: listener.uid,
    tokenExpiresAtMs,
  });
  token.taskId = task.agentId;
  project.records.placeAcquire(token.tokenName, task.channel);
  return { status: 200, body: taskInfo(project, task), task };
}

/** Never a second task: the answer tells of the one that was started, in one of the known ways. */
function repeatedStart(project: Project, task: Task): Answer {
  // A caller that never got the first answer does right to ask again.
  if (task.joinAnswered) {
    const detail = `the builderToken has already started task ${task.agentId}`;
    project.records.violate(project.now(), 'start-repeated', detail, task);
  }
  const status = task.end ? statusName(project, task) : 'STARTED';
  const message = `The task has been started, current status is ${status}, taskId is ${task.agentId}`;
  const { repeatedStart: form } = project.legacyAnswers;
  switch (form) {
    case '201':
      if (task.end) return { ...worded(409, message), task };
      return { status: 201, body: taskInfo(project, task), task };
    case '409':
      return { ...worded(409, message), task };
    case 'code-49':
      return { ...coded(400, CODES.repeated, message), task };
    case 'code-49-bare':
      return { ...coded(400, CODES.repeated), task };
    case 'message':
      return { ...worded(400, message), task };
  }
}

function refuseUsedInstance({ builderTokens, tasks }: Project, { instanceId }: BuilderToken): void {
  const started = builderTokens
    .ofInstance(instanceId)
    .map(({ taskId }) => (taskId === null ? undefined : tasks.get(taskId)));
  if (!started.some((task) => task && !task.end)) return;
  const detail = `another builderToken of instanceId "${instanceId}" has started a task that runs`;
  throw new Refusal(409, 'instance-used', detail);
}

function botTokenExpiry(project: Project, channel: string, bot: Bot): number {
  const { appId, appCertificate, now } = project;
  return checkRtcToken(bot.token, { ...bot, appId, appCertificate, channel, nowMs: now() });
}

function wantedBy(body: unknown): Wanted {
  const isV4 = typeof body === 'object' && body !== null && ('audio' in body || 'config' in body);
  return isV4 ? wantedByV4(checked(v4StartBody, body, 'body')) : wantedByV6(body);
}

function wantedByV6(body: unknown): Wanted {
  const { rtcConfig, ...rest } = checked(startBody, body, 'body');
  const { languages, uidLanguagesConfig, translateConfig } = rest;
  const { subscribeAudioUids, unSubscribeAudioUids } = rtcConfig;
  return {
    channel: rtcConfig.channelName,
    maxIdleSeconds: rest.maxIdleTime,
    configuration: {
      languages,
      uidLanguagesConfig,
      translateConfig,
      subscribeAudioUids,
      unSubscribeAudioUids,
    },
    captions: captionPlan(rest.captionConfig),
    listener: {
      uid: rtcConfig.subBotUid,
      token: rtcConfig.subBotToken,
      field: 'rtcConfig.subBotToken',
      publishes: false,
    },
    publisher: {
      uid: rtcConfig.pubBotUid,
      token: rtcConfig.pubBotToken,
      field: 'rtcConfig.pubBotToken',
      publishes: true,
    },
  };
}

function wantedByV4({ audio, config }: z.infer<typeof v4StartBody>): Wanted {
  const { channelName, uid, token, maxIdleTime } = audio.agoraRtcConfig;
  const { language, output } = config.recognizeConfig;
  const stream = output.agoraRTCDataStream;
  return {
    channel: channelName,
    maxIdleSeconds: maxIdleTime,
    configuration: { languages: language, translateConfig: config.translateConfig },
    captions: captionPlan({ storage: output.cloudStorage?.[0]?.storageConfig }),
    listener: { uid, token, field: 'audio.agoraRtcConfig.token', publishes: false },
    publisher: {
      uid: stream.uid,
      token: stream.token,
      field: 'config.recognizeConfig.output.agoraRTCDataStream.token',
      publishes: true,
    },
  };
}
