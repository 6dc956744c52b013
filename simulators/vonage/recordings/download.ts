import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { pause } from '../../shared/delivery.ts';
import type { DownloadFault, Faults } from '../faults.ts';
import type { DownloadEntry, Records } from '../ledger.ts';
import { keptBack, partialFile, problem, wholeFile } from './answers.ts';
import type { DownloadAnswer } from './answers.ts';
import type { Files, RecordedFile } from './files.ts';
import { tokenFault } from './token.ts';

/** The webhooks name the first; Vonage's SDK makes the other of a bare id. */
const PATHS = ['/v1/files/:fileId', '/v3/files/:fileId'];

const paramsSchema = z.object({ fileId: z.string() });

export type DownloadContext = {
  readonly applicationId: string;
  readonly publicKey: string;
  readonly files: Files;
  readonly records: Records;
  readonly faults: Faults;
  /** Whether a part of a file can be had, which is not documented. */
  readonly ranges: 'ignored' | 'served';
  readonly now: () => number;
  readonly closing: AbortSignal;
};

/** "Download a recording", with its faults. */
export function registerDownloads(app: FastifyInstance, context: DownloadContext): void {
  for (const path of PATHS) app.get(path, (request, reply) => download(context, request, reply));
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?')[0];
    // A browser that shows the ledger asks for icons, which is no caller's mistake.
    if (/^\/v\d/.test(request.url)) {
      context.records.violate('route', `${request.method} ${path} is no route that is simulated`);
    }
    return reply.code(404).send({ type: 'NOT_FOUND', error_title: 'Not Found' });
  });
}

async function download(
  context: DownloadContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const startedMs = performance.now();
  const file = context.files.get(paramsSchema.parse(request.params).fileId);
  const fault = context.faults.ofDownload(file?.from);
  const entry = context.records.download({
    path: request.url,
    ...(file && { conversationUuid: file.conversationUuid, recordingUuid: file.recordingUuid }),
    status: null,
    bytesSent: 0,
    complete: false,
    durationMs: null,
    ...(fault && { fault: fault.kind }),
  });
  reply.hijack();
  if (fault?.kind === 'latency') await pause(context.closing, fault.ms);
  if (fault?.kind === 'reset') request.raw.socket.destroy();
  else {
    const answer = await answerTo(context, request, file, fault);
    await send(context, reply.raw, answer, entry);
  }
  entry.durationMs = Math.round(performance.now() - startedMs);
  return reply;
}

async function answerTo(
  context: DownloadContext,
  request: FastifyRequest,
  file: RecordedFile | undefined,
  fault: DownloadFault | undefined,
): Promise<DownloadAnswer> {
  const wrong = await tokenFault(context, request.headers.authorization, context.now());
  if (wrong !== undefined) {
    context.records.violate('download-token', wrong, file);
    return problem(401);
  }
  const instead = keptBack(fault);
  if (instead) return instead;
  if (!file || !context.files.isAvailable(file)) return problem(404);
  const { range } = request.headers;
  return range !== undefined && context.ranges === 'served'
    ? partialFile(file, range)
    : wholeFile(file, fault);
}

async function send(
  context: DownloadContext,
  raw: ServerResponse,
  answer: DownloadAnswer,
  entry: DownloadEntry,
): Promise<void> {
  const gone = new AbortController();
  raw.once('close', () => gone.abort());
  entry.status = answer.status;
  raw.writeHead(answer.status, answer.headers);
  raw.flushHeaders();
  for (const piece of answer.pieces) {
    await written(raw, piece, gone.signal);
    if (gone.signal.aborted) return;
    entry.bytesSent += piece.length;
    if (answer.pauseMs > 0) await pause(context.closing, answer.pauseMs);
  }
  switch (answer.ending) {
    case 'orderly':
      entry.complete = true;
      raw.end();
      return;
    case 'cut':
      raw.destroy();
      return;
    case 'stalled':
      await new Promise((resolve) => gone.signal.addEventListener('abort', resolve));
  }
}

/** Settles when the piece has left, or nobody is there to take it. */
async function written(raw: ServerResponse, piece: Buffer, gone: AbortSignal): Promise<void> {
  if (gone.aborted) return;
  await new Promise<void>((resolve) => {
    const leave = (): void => resolve();
    gone.addEventListener('abort', leave, { once: true });
    raw.write(piece, () => {
      gone.removeEventListener('abort', leave);
      resolve();
    });
  });
}
