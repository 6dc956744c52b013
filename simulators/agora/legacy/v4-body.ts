import { z } from 'zod';
import { languages, rtcFields, uid } from '../body-rules.ts';
import { BOTS_DIFFER, maxIdleTime, storage, translations } from './bodies.ts';

const token = z.string().optional();

/** The languages as one text with commas between; two at the most. */
const languageList = z
  .string()
  .transform((text) => text.split(','))
  .pipe(languages.max(2));

const audio = z.strictObject({
  subscribeSource: z.literal('AGORARTC'),
  agoraRtcConfig: z.strictObject({
    channelName: rtcFields.channelName,
    uid,
    token,
    channelType: z.literal('LIVE_TYPE'),
    subscribeConfig: z.strictObject({ subscribeMode: z.literal('CHANNEL_MODE') }),
    maxIdleTime,
  }),
});

const output = z
  .strictObject({
    destinations: z.array(z.enum(['AgoraRTCDataStream', 'Storage'])).min(1),
    agoraRTCDataStream: z.strictObject({ channelName: rtcFields.channelName, uid, token }),
    cloudStorage: z
      .array(z.strictObject({ format: z.literal('HLS'), storageConfig: storage }))
      .min(1)
      .optional(),
  })
  .refine(({ destinations }) => destinations.includes('AgoraRTCDataStream'), {
    path: ['destinations'],
    error: 'must have "AgoraRTCDataStream"',
  })
  .refine(
    ({ destinations, cloudStorage }) =>
      destinations.includes('Storage') === (cloudStorage !== undefined),
    { path: ['cloudStorage'], error: 'goes with the destination "Storage", and only with it' },
  );

/** The body of `start` before v5, which the guides of the time have ("audio" and "config"). */
export const v4StartBody = z
  .strictObject({
    audio,
    config: z.strictObject({
      features: z.tuple([z.literal('RECOGNIZE')]),
      recognizeConfig: z.strictObject({
        language: languageList,
        model: z.literal('Model'),
        connectionTimeout: z.int().min(1).optional(),
        output,
      }),
      translateConfig: z.strictObject({ languages: translations }).optional(),
    }),
  })
  .superRefine(({ audio: { agoraRtcConfig: listens }, config }, context) => {
    const publishes = config.recognizeConfig.output.agoraRTCDataStream;
    const path = ['config', 'recognizeConfig', 'output', 'agoraRTCDataStream'];
    if (publishes.channelName !== listens.channelName) {
      const message = 'must be the channel that is listened to';
      context.addIssue({ code: 'custom', path: [...path, 'channelName'], message });
    }
    if (publishes.uid === listens.uid) {
      context.addIssue({ code: 'custom', path: [...path, 'uid'], message: BOTS_DIFFER });
    }
  });
