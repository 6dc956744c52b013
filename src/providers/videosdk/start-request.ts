import { z } from 'zod';
import type { Json } from '../../domain/session.ts';
import type { StartRequest } from '../start-request.ts';
import { commonFields, commonRequest, idFaults, sessionId } from '../start-request.ts';

const ROOM = /^[A-Za-z0-9_.~-]{1,100}$/;
const LANGUAGE = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/;

/** `POST /v1/sessions` for VideoSDK: the body of its start, and its names. */
export function videosdkStartRequest() {
  return z
    .strictObject({
      provider: z.literal('videosdk'),
      ...commonFields,
      roomId: z
        .string()
        .regex(ROOM, 'must be 1 to 100 of A-Z a-z 0-9 _ . ~ -')
        .meta({ examples: ['abc-xyzw-lmno'] }),
      language: z
        .string()
        .regex(LANGUAGE, 'must be a language tag such as en-US')
        .optional()
        .meta({ description: 'The language spoken, as a BCP 47 tag.' }),
      modelId: z
        .string()
        .min(1)
        .max(256)
        .optional()
        .meta({ description: "The vendor's model that transcribes." }),
      summary: z
        .strictObject({
          enabled: z.boolean(),
          prompt: z.string().min(1).max(4_096).optional(),
        })
        .optional()
        .meta({ description: 'A summary of the transcript, by the vendor.' }),
      webhookUrl: z
        .url({ protocol: /^https?$/ })
        .optional()
        .meta({
          description:
            "Where VideoSDK's own webhooks go instead of to us, who then learn of an end only by asking.",
        }),
    })
    .superRefine(
      (body, context) => {
        for (const fault of idFaults(body.id, 'videosdk', body.roomId)) {
          context.addIssue({ code: 'custom', ...fault });
        }
      },
      // Also when a field by itself is wrong already: all faults are told at once.
      { when: () => true },
    )
    .transform(({ provider, roomId, language, modelId, summary, webhookUrl, ...body }) => {
      const request: StartRequest = {
        id: sessionId({ ...body, provider }, roomId),
        request: {
          provider,
          channel: roomId,
          configuration: {
            languages: language === undefined ? [] : [language],
            subscribeAudioUids: ['all'],
          },
          fixed: {},
          limits: {},
          options: {
            ...(language === undefined ? {} : { language }),
            ...(modelId === undefined ? {} : { modelId }),
            ...(webhookUrl === undefined ? {} : { webhookUrl }),
            ...(summary === undefined ? {} : { summary: summaryOption(summary) }),
          },
          // VideoSDK has no idle time: its session of the room ends with the last participant.
          maxIdleSeconds: 0,
          ...commonRequest(body),
        },
      };
      return request;
    })
    .meta({
      title: 'VideoSDK',
      bodyExamples: [
        {
          provider: 'videosdk',
          roomId: 'abc-xyzw-lmno',
          language: 'en-US',
          summary: { enabled: true },
        },
      ],
    });
}

function summaryOption({
  enabled,
  prompt,
}: {
  enabled: boolean;
  prompt?: string | undefined;
}): Json {
  return prompt === undefined ? { enabled } : { enabled, prompt };
}
