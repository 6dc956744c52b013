import type { TaskStart } from '../../domain/task.ts';
import { tokenSeconds } from '../agora/lifetime.ts';
import { botUid } from '../agora/naming.ts';
import { startBody } from '../agora/options.ts';
import { mintRtcToken } from '../agora/rtc-token.ts';
import type { AgoraSettings } from '../agora/settings.ts';

/** The body of a start in v6. */
export function v6Body(start: TaskStart, settings: AgoraSettings): unknown {
  const { rtcConfig, ...body } = startBody(start, settings);
  const bots = botsOf(start, settings);
  return {
    ...body,
    rtcConfig: {
      ...rtcConfig,
      subBotUid: bots.listener.uid,
      subBotToken: bots.listener.token,
      pubBotUid: bots.publisher.uid,
      pubBotToken: bots.publisher.token,
    },
  };
}

/** The body of a start as in Agora's Astro guide (v4), which knows languages and an idle time only. */
export function v4Body(start: TaskStart, settings: AgoraSettings): unknown {
  const { listener, publisher } = botsOf(start, settings);
  const channelName = start.channel;
  return {
    audio: {
      subscribeSource: 'AGORARTC',
      agoraRtcConfig: {
        channelName,
        uid: listener.uid,
        token: listener.token,
        channelType: 'LIVE_TYPE',
        subscribeConfig: { subscribeMode: 'CHANNEL_MODE' },
        maxIdleTime: start.maxIdleSeconds,
      },
    },
    config: {
      features: ['RECOGNIZE'],
      recognizeConfig: {
        language: start.configuration.languages.join(','),
        model: 'Model',
        output: {
          destinations: ['AgoraRTCDataStream'],
          agoraRTCDataStream: { channelName, uid: publisher.uid, token: publisher.token },
        },
      },
    },
  };
}

/** One bot listens and another publishes the text; their UIDs must differ (v6, start). */
function botsOf(start: TaskStart, settings: AgoraSettings) {
  const seconds = tokenSeconds(start, settings);
  const bot = (uid: string) => ({
    uid,
    token: mintRtcToken(settings, start.channel, uid, seconds),
  });
  const uid = Number(botUid(start));
  return { listener: bot(String(uid - 1)), publisher: bot(String(uid)) };
}
