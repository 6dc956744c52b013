import { z } from 'zod';
import { SESSION_EXAMPLE } from './documentation/examples.ts';

/** The session that a path names. */
export const sessionParameters = z.object({
  id: z
    .string()
    // Whatever any session can have: the rules of each kind of id are checked where one begins.
    .regex(/^[ -~]{1,128}$/, 'must be 1 to 128 printable characters')
    .meta({ description: "The session's id.", examples: ['agora:room-1'] }),
});

export const runId = z
  .uuid('must be the runId of a session')
  .optional()
  .meta({
    description: 'An earlier run of the session; the newest where it is left out.',
    examples: [SESSION_EXAMPLE.runId],
  });

export const prefer = z
  .string()
  .optional()
  .meta({
    description:
      '`wait=N` (RFC 7240) waits for the outcome, for 60 seconds at most, instead of answering at once.',
    examples: ['wait=5'],
  });

export const returning = z
  .string()
  .optional()
  .meta({
    description:
      '`return=representation` (RFC 7240) has the answer say what was removed, also once more where it was erased just before.',
    examples: ['return=representation'],
  });
