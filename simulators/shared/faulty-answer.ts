import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import { mangle, type MangledWay } from './mangling.ts';

/** Answers as a fault wants it: late, in a way that is no answer, or by closing the connection; `send` does the usual. */
export async function answerWith(
  fault: { readonly kind: string; readonly ms?: number; readonly how?: MangledWay } | undefined,
  reply: FastifyReply,
  send: () => FastifyReply,
): Promise<FastifyReply> {
  if (fault?.kind === 'latency' || fault?.kind === 'hang') {
    await sleep(fault.ms, undefined, { ref: false });
  }
  if (fault?.how !== undefined) mangle(reply, fault.how);
  const { socket } = reply.request.raw;
  const lost = fault?.kind === 'lost-response' || fault?.kind === 'reset';
  if (!lost && !socket.destroyed) return send();
  reply.hijack();
  socket.destroy();
  return reply;
}
