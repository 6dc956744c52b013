import { z } from 'zod';
import { phoneNumber } from './ncco.ts';
import { wavHeaderSchema } from './recordings/wav.ts';

/** A phone call that is to be played. */
export const callSchema = z.strictObject({
  from: phoneNumber.default('447700900001'),
  to: phoneNumber.default('447700900002'),
  /** How long the call says it lasted; it is over at once, so it began that long ago. */
  durationSeconds: z.int().min(1).default(60),
  /** How long it really lasts. */
  lastsMs: z.int().min(0).default(0),
  /** What becomes of those it is connected to. */
  legs: z.enum(['answered', 'busy', 'unanswered', 'rejected', 'failed']).default('answered'),
  /** Of the file; as the NCCO asks when it is not given. */
  channels: z.int().min(1).max(32).optional(),
  /** The file is this large, up to the end of its last frame, however long the call was. */
  sizeBytes: z.int().min(1).optional(),
  wavHeader: wavHeaderSchema.default('plain'),
  /** How long after it is announced the file is not found yet. */
  availableAfterMs: z.int().min(0).default(0),
  /** Announces the recording before the events of completed legs, not after. */
  recordingFirst: z.boolean().default(false),
  /** What the recording webhook tells instead of the truth; Vonage has told of `""` and 0. */
  announced: z
    .strictObject({
      url: z.string().optional(),
      size: z.int().min(0).optional(),
      conversationUuid: z.string().optional(),
    })
    .default({}),
});

export type WantedCall = z.infer<typeof callSchema> & {
  /** The very bytes of the file; synthesised when it is not given. */
  readonly audio?: Uint8Array | undefined;
};

export type CallRequest = z.input<typeof callSchema> & Pick<WantedCall, 'audio'>;

export function wantedCall({ audio, ...request }: CallRequest): WantedCall {
  return { ...callSchema.parse(request), audio };
}
