import { z } from 'zod';
import type { ErasureReport } from '../domain/erasure.ts';
import { ERASURE_EXAMPLE } from './documentation/examples.ts';

const count = z.int().min(0);

/** What an erasure has removed, and what it leaves. */
export const ErasureSchema: z.ZodType<ErasureReport> = z
  .object({
    id: z.string(),
    removed: z
      .object({
        objects: count.meta({
          description: "In the buckets: audio, transcripts, the vendor's own files, captions.",
        }),
        bytes: count.meta({ description: 'The size of these objects together.' }),
        jobs: count.meta({ description: "The vendor's records of its jobs." }),
        workflows: count.meta({
          description:
            'Runs of workflows in Temporal: of the session, its callbacks, what collected its transcripts, its phone call.',
        }),
      })
      .meta({ description: 'What there was when the erasure began, all of which is gone.' }),
    kept: z
      .array(
        z.object({
          what: z.enum(['source', 'vendor-recording', 'vendor-files', 'captions', 'unknown']),
          why: z.string().meta({ description: 'The same in words.' }),
        }),
      )
      .meta({ description: 'What is not ours to erase, or out of reach.' }),
  })
  .meta({ id: 'Erasure', examples: [ERASURE_EXAMPLE] });
