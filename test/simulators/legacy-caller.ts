import { rtcToken } from './agora-caller.ts';
import type { Caller, Json, Reply } from './agora-caller.ts';

/** A task of the legacy API and the builderToken that started it. */
export type LegacyTask = { readonly taskId: string; readonly builderToken: string };

export async function acquire(caller: Caller, instanceId = 'room'): Promise<string> {
  const { status, body } = await caller.legacy('POST', '/builderTokens', { instanceId });
  if (status !== 200) throw new Error(JSON.stringify(body));
  return String(body['tokenName']);
}

export function start(
  caller: Caller,
  builderToken: string,
  body: Json = startBody(),
): Promise<Reply> {
  return caller.legacy('POST', `/tasks?builderToken=${builderToken}`, body);
}

/** Acquires, starts, and expects both to work. */
export async function startedTask(
  caller: Caller,
  body?: Json,
  instanceId?: string,
): Promise<LegacyTask> {
  const builderToken = await acquire(caller, instanceId);
  const reply = await start(caller, builderToken, body);
  if (reply.status !== 200) throw new Error(JSON.stringify(reply.body));
  return { taskId: String(reply.body['taskId']), builderToken };
}

export function query(caller: Caller, { taskId, builderToken }: LegacyTask): Promise<Reply> {
  return caller.legacy('GET', `/tasks/${taskId}?builderToken=${builderToken}`);
}

export function update(
  caller: Caller,
  { taskId, builderToken }: LegacyTask,
  sequenceId: number,
  body: Json,
  mask = Object.keys(body).join(','),
): Promise<Reply> {
  const search = `builderToken=${builderToken}&sequenceId=${sequenceId}&updateMask=${mask}`;
  return caller.legacy('PATCH', `/tasks/${taskId}?${search}`, body);
}

export function stop(caller: Caller, { taskId, builderToken }: LegacyTask): Promise<Reply> {
  return caller.legacy('DELETE', `/tasks/${taskId}?builderToken=${builderToken}`);
}

/** A valid v6 start in channel `room`, bot 2 listening, bot 3 publishing; `rtcConfig` is merged. */
export function startBody({ rtcConfig, ...rest }: { rtcConfig?: Json } & Json = {}): Json {
  return {
    languages: ['en-US'],
    rtcConfig: {
      channelName: 'room',
      subBotUid: '2',
      subBotToken: rtcToken({ uid: 2, role: 2 }),
      pubBotUid: '3',
      pubBotToken: rtcToken({ uid: 3 }),
      ...rtcConfig,
    },
    ...rest,
  };
}

/** The parts of a v4 start that a test changes. */
type V4Changes = {
  readonly audio?: Json;
  readonly recognize?: Json;
  readonly output?: Json;
  readonly stream?: Json;
};

/** The start of the older guides, but with a publisher's token for the bot that publishes. */
export function v4StartBody(changes: V4Changes = {}): Json {
  return {
    audio: {
      subscribeSource: 'AGORARTC',
      agoraRtcConfig: {
        channelName: 'room',
        uid: '2',
        token: rtcToken({ uid: 2 }),
        channelType: 'LIVE_TYPE',
        subscribeConfig: { subscribeMode: 'CHANNEL_MODE' },
        ...changes.audio,
      },
    },
    config: {
      features: ['RECOGNIZE'],
      recognizeConfig: {
        language: 'en-US,es-ES',
        model: 'Model',
        output: {
          destinations: ['AgoraRTCDataStream'],
          agoraRTCDataStream: {
            channelName: 'room',
            uid: '3',
            token: rtcToken({ uid: 3 }),
            ...changes.stream,
          },
          ...changes.output,
        },
        ...changes.recognize,
      },
    },
  };
}
