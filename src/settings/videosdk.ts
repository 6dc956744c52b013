import { z } from 'zod';
import type { VideosdkSettings } from '../providers/videosdk/settings.ts';
import { origin } from './variables.ts';

export const VIDEOSDK_VARIABLES = ['VIDEOSDK_API_KEY', 'VIDEOSDK_SECRET'] as const;

export const VideosdkEnvironment = z.object({
  VIDEOSDK_API_KEY: z.string().optional(),
  VIDEOSDK_SECRET: z.string().optional(),
  VIDEOSDK_BASE_URL: origin.default('https://api.videosdk.live'),
});

/** VideoSDK's settings; null where its variables are not set. */
export function videosdkSettings(
  data: z.infer<typeof VideosdkEnvironment>,
  publicUrl: string | null,
): VideosdkSettings | null {
  const { VIDEOSDK_API_KEY: apiKey, VIDEOSDK_SECRET: secret, VIDEOSDK_BASE_URL: baseUrl } = data;
  if (apiKey === undefined || secret === undefined) return null;
  const webhookUrl = publicUrl === null ? null : `${publicUrl}/webhooks/videosdk`;
  return { baseUrl, apiKey, secret, webhookUrl };
}
