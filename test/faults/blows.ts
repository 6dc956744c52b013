import type { Fault as AgoraFault } from '../../simulators/agora/faults.ts';
import type { Operation } from '../../simulators/s3/routing.ts';
import type { Fault as TranscribeFault } from '../../simulators/transcribe/faults.ts';
import type { Fault as VideosdkFault } from '../../simulators/videosdk/faults.ts';
import type { Stack } from '../support/stack.ts';

/** What hits a call to a vendor: before it took effect there, or after. */
export type Blow = { readonly moment: 'before' | 'after' } & (
  | { readonly kind: 'held'; readonly ms: number }
  | { readonly kind: 'cut' }
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'throttled' }
);

/** One kind of call to one vendor, of one session only. */
export type Target =
  | {
      readonly vendor: 'agora';
      readonly operation: AgoraFault['operation'];
      readonly channel: string | null;
    }
  | {
      readonly vendor: 'videosdk';
      readonly operation: VideosdkFault['operation'];
      readonly roomId: string;
    }
  | {
      readonly vendor: 'transcribe';
      readonly operation: TranscribeFault['operation'];
      readonly jobName: string;
    }
  | { readonly vendor: 's3'; readonly operation: Operation; readonly keyPrefix: string }
  | {
      readonly vendor: 'vonage';
      readonly operation: 'download';
      readonly from: string;
      readonly conversationUuid: string;
    };

/** Lets the next call to `target` be hit. */
export function strike(stack: Stack, target: Target, blow: Blow): void {
  switch (target.vendor) {
    case 'agora': {
      const { operation, channel } = target;
      const scope = channel === null ? {} : { channel };
      return stack.simulator.inject({ operation, ...scope, fault: httpFault(blow) });
    }
    case 'videosdk': {
      const { operation, roomId } = target;
      return stack.videosdk.inject({ operation, roomId, fault: httpFault(blow) });
    }
    case 'transcribe': {
      const { operation, jobName } = target;
      // AWS throttles with 400 and this name ("Common Errors" of Amazon Transcribe).
      const limited = { kind: 'status', status: 400, type: 'LimitExceededException' } as const;
      const fault = blow.kind === 'throttled' ? limited : httpFault(blow);
      return stack.transcribe.inject({ operation, jobName, fault });
    }
    case 's3': {
      const { operation, keyPrefix } = target;
      // S3 throttles with 503 SlowDown.
      const limited = { kind: 'status', status: 503 } as const;
      const fault = blow.kind === 'throttled' ? limited : httpFault(blow);
      return stack.s3.inject({ operation, keyPrefix, fault });
    }
    case 'vonage': {
      const { operation, from } = target;
      return stack.vonage.inject({ operation, from, fault: downloadFault(blow) });
    }
  }
}

/** Whether the call has come, and been hit. */
export function isStruck(stack: Stack, target: Target): boolean {
  return hitCalls(stack, target).length > 0;
}

/** Whether it has come, and is not answered yet. */
export function isHeld(stack: Stack, target: Target): boolean {
  return hitCalls(stack, target).some(({ status }) => status === null);
}

type Hit = { readonly fault?: string | null | undefined; readonly status: number | null };

function hitCalls(stack: Stack, target: Target): Hit[] {
  const calls: readonly Hit[] = callsTo(stack, target);
  return calls.filter(({ fault }) => fault !== undefined && fault !== null);
}

function callsTo(
  { simulator, videosdk, transcribe, s3, vonage }: Stack,
  target: Target,
): readonly Hit[] {
  switch (target.vendor) {
    case 'agora':
      return simulator
        .ledger(target.channel ?? undefined)
        .calls.filter(({ operation }) => operation === target.operation);
    case 'videosdk':
      return videosdk
        .ledger(target.roomId)
        .calls.filter(({ operation }) => operation === target.operation);
    case 'transcribe':
      return transcribe
        .ledger(target.jobName)
        .calls.filter(({ operation }) => operation === target.operation);
    case 's3':
      return s3.calls(target.operation).filter(({ key }) => key.startsWith(target.keyPrefix));
    case 'vonage':
      return vonage.ledger(target.conversationUuid).downloads;
  }
}

function httpFault(blow: Blow) {
  const isBefore = blow.moment === 'before';
  switch (blow.kind) {
    case 'held':
      return { kind: 'hang', ms: blow.ms, effect: !isBefore } as const;
    case 'cut':
      return isBefore ? ({ kind: 'reset' } as const) : ({ kind: 'lost-response' } as const);
    case 'unavailable':
      return { kind: 'status', status: 503 } as const;
    case 'throttled':
      return { kind: 'status', status: 429 } as const;
  }
}

function downloadFault(blow: Blow) {
  switch (blow.kind) {
    case 'held':
      return { kind: 'latency', ms: blow.ms } as const;
    case 'cut':
      return { kind: 'reset' } as const;
    case 'unavailable':
      return { kind: 'status', status: 503 } as const;
    case 'throttled':
      return { kind: 'status', status: 429 } as const;
  }
}
