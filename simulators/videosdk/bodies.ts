import { z } from 'zod';
import { INVALID_JSON } from '../shared/http-call.ts';
import { Refusal } from './answers.ts';

const roomId = z.string().min(1);

/** "Start Realtime Transcription". */
export const startBody = z.strictObject({
  roomId,
  webhookUrl: z.url({ protocol: /^https?$/ }).optional(),
  modelId: z.string().min(1).optional(),
  language: z.string().refine(isLanguageTag, { error: 'must be a BCP 47 tag' }).optional(),
  summary: z
    .strictObject({ enabled: z.boolean().default(false), prompt: z.string().optional() })
    .default({ enabled: false }),
});

/** "End Realtime Transcription": whatever runs in the room. */
export const endBody = z.strictObject({ roomId });

const fromOne = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, 'must be an integer from 1')
  .transform(Number);

/** "Fetch All Realtime Transcriptions"; `status` is the SDK's. */
export const listQuery = z.strictObject({
  roomId: roomId.optional(),
  sessionId: z.string().min(1).optional(),
  status: z.enum(['running', 'completed', 'failed']).optional(),
  page: fromOne.default(1),
  perPage: fromOne.default(20),
});

/** Parses, or refuses with every fault of the value, each with where it is. */
export function checked<T>(schema: z.ZodType<T>, value: unknown, what: 'body' | 'query'): T {
  if (value === INVALID_JSON) throw new Refusal(400, 'body', 'the body is not valid JSON');
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map(
    ({ path, message }) => `${path.join('.') || what}: ${message}`,
  );
  throw new Refusal(400, what, faults.join('; '));
}

function isLanguageTag(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1;
  } catch {
    return false;
  }
}
