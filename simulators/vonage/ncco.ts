import { z } from 'zod';

export const phoneNumber = z
  .string()
  .regex(/^[1-9]\d{6,14}$/, 'must be a number in E.164 format, of digits only');

const url = z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' });
const eventUrl = z.tuple([url], { error: 'must be an array of exactly one http(s) URL' });
const eventMethod = z.enum(['GET', 'POST']).default('POST');

const transcription = z.strictObject({
  language: z.string().optional(),
  eventUrl: eventUrl.optional(),
  eventMethod: z.literal('POST').optional(),
  sentimentAnalysis: z.boolean().optional(),
});

const record = z
  .strictObject({
    action: z.literal('record'),
    format: z.enum(['mp3', 'wav', 'ogg']).optional(),
    split: z.literal('conversation').optional(),
    channels: z.int().min(1).max(32).optional(),
    endOnSilence: z.int().min(3).max(10).optional(),
    endOnKey: z
      .string()
      .regex(/^[0-9*#]$/, 'must be a digit, * or #')
      .optional(),
    timeOut: z.int().min(3).max(7200).optional(),
    beepStart: z.boolean().optional(),
    eventUrl: eventUrl.optional(),
    eventMethod,
    transcription: transcription.optional(),
  })
  .refine(({ channels, split }) => channels === undefined || split !== undefined, {
    path: ['channels'],
    error: 'requires split "conversation"',
  })
  .refine(({ channels = 1, format }) => channels <= 2 || format !== 'mp3', {
    path: ['format'],
    error: 'mp3 holds two channels at the most',
  });

const talk = z.strictObject({
  action: z.literal('talk'),
  text: z
    .string()
    .min(1)
    .refine((text) => text.replaceAll(/<[^>]*>/g, '').length <= 1500, {
      error: 'must not exceed 1500 characters besides SSML tags',
    }),
  bargeIn: z.literal(false, 'true needs an input action, which is not simulated').optional(),
  loop: z.int().min(0).optional(),
  level: z.number().min(-1).max(1).optional(),
  language: z.string().optional(),
  style: z.int().min(0).optional(),
  premium: z.boolean().optional(),
  /** Older than `language` and `style`. */
  voiceName: z.string().optional(),
});

const phone = z.strictObject({
  type: z.literal('phone', 'must be "phone" (no other is simulated)'),
  number: phoneNumber,
  dtmfAnswer: z
    .string()
    .regex(/^[0-9*#p]+$/)
    .optional(),
  onAnswer: z.strictObject({ url, ringbackTone: url.optional() }).optional(),
});

const connect = z.strictObject({
  action: z.literal('connect'),
  endpoint: z.tuple([phone], { error: 'must be an array of exactly one endpoint' }),
  from: phoneNumber.optional(),
  randomFromNumber: z.boolean().optional(),
  eventType: z.literal('synchronous').optional(),
  timeout: z.int().min(1).optional(),
  limit: z.int().min(1).max(7200).optional(),
  machineDetection: z.enum(['continue', 'hangup']).optional(),
  eventUrl: eventUrl.optional(),
  eventMethod,
  ringbackTone: url.optional(),
});

const nccoSchema = z
  .array(
    z.discriminatedUnion('action', [record, talk, connect], {
      error: 'must be an object whose action is record, talk or connect (no other is simulated)',
    }),
  )
  .min(1)
  .refine((actions) => actions.filter(({ action }) => action === 'record').length <= 1, {
    error: 'has several record actions (only one is simulated)',
  });

export type Ncco = z.infer<typeof nccoSchema>;
export type RecordAction = Extract<Ncco[number], { action: 'record' }>;
export type ConnectAction = Extract<Ncco[number], { action: 'connect' }>;

/** The actions of an NCCO ("NCCO reference"), or every fault of it, each with where it is. */
export function readNcco(text: string): { ncco: Ncco } | { fault: string } {
  const result = nccoSchema.safeParse(parsed(text));
  if (result.success) return { ncco: result.data };
  const faults = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  return { fault: faults.join('; ') };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The recording that an NCCO asks for: "mp3, or wav when recording more than 2 channels". */
export function recordingForm(action: RecordAction): {
  format: 'mp3' | 'wav' | 'ogg';
  channels: number;
} {
  const channels = action.channels ?? (action.split ? 2 : 1);
  return { format: action.format ?? (channels > 2 ? 'wav' : 'mp3'), channels };
}

/** Whether something else than the end of the call ends the recording. */
export function endsEarly({ endOnSilence, endOnKey, timeOut }: RecordAction): boolean {
  return (endOnSilence ?? endOnKey ?? timeOut) !== undefined;
}
