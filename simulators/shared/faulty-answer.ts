import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';

/** Answers as a fault wants it: late, or by closing the connection; `send` does the usual. */
export async function answerWith(
  fault: { readonly kind: string; readonly ms?: number } | undefined,
  reply: FastifyReply,
  send: () => FastifyReply,
): Promise<FastifyReply> {
  if (fault?.kind === 'latency' || fault?.kind === 'hang') {
    await sleep(fault.ms, undefined, { ref: false });
  }
  const { socket } = reply.request.raw;
  const lost = fault?.kind === 'lost-response' || fault?.kind === 'reset';
  if (!lost && !socket.destroyed) return send();
  reply.hijack();
  socket.destroy();
  return reply;
}
