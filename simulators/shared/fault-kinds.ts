import { z } from 'zod';
import { mangled } from './mangling.ts';

const ms = z.int().min(0);

/** What can happen to a call of any API. */
export const callFaults = [
  /** Acts at once, answers after `ms`. */
  z.strictObject({ kind: z.literal('latency'), ms }),
  /** Acts, then closes the connection without an answer. */
  z.strictObject({ kind: z.literal('lost-response') }),
  /** Closes the connection without having acted. */
  z.strictObject({ kind: z.literal('reset') }),
  mangled,
] as const;

/** Answers after `ms`: as usual when it acted (`effect`), else with an error of the gateway's. */
export const hang = z.strictObject({ kind: z.literal('hang'), ms, effect: z.boolean() });

/** What can happen to a message that the vendor sends. */
export const messageFaults = [
  /** Never sent. */
  z.strictObject({ kind: z.literal('lost') }),
  /** Sent twice, though the first was received. */
  z.strictObject({ kind: z.literal('duplicated') }),
  /** Sent `ms` late, so that later ones overtake it. */
  z.strictObject({ kind: z.literal('delayed'), ms }),
] as const;

const OF_MESSAGES: readonly string[] = messageFaults.map(({ shape }) => shape.kind.value);

type Injected = { readonly operation: string; readonly fault: { readonly kind: string } };

/** The refinement that keeps the faults of messages to the operation that sends them, and others off it. */
export function messageFaultsOnlyOf(
  operation: string,
): [(injected: Injected) => boolean, { path: string[]; error: string }] {
  const isFitting = (injected: Injected): boolean =>
    OF_MESSAGES.includes(injected.fault.kind) === (injected.operation === operation);
  const error = `${OF_MESSAGES.join(', ')} are for ${operation}s only`;
  return [isFitting, { path: ['fault', 'kind'], error }];
}
