import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import {
  connect,
  constants,
  createSecureServer,
  type ClientHttp2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { join } from 'node:path';
import { freePort } from '../../src/local/ports.ts';

const UNAUTHENTICATED = '16';
const UNAVAILABLE = '14';

/** PEM files. */
export type Certificate = { readonly cert: string; readonly key: string };

/** A certificate authority in `folder` with one certificate for 127.0.0.1, and one for a client. */
export function makeCertificates(folder: string): {
  readonly ca: string;
  readonly server: Certificate;
  readonly client: Certificate;
} {
  const ca = newCertificate(folder, 'ca', []);
  const signed = ['-CA', ca.cert, '-CAkey', ca.key, '-addext', 'basicConstraints=CA:FALSE'];
  const address = ['-addext', 'subjectAltName=IP:127.0.0.1'];
  const server = newCertificate(folder, 'server', [...signed, ...address]);
  return { ca: ca.cert, server, client: newCertificate(folder, 'client', signed) };
}

function newCertificate(folder: string, name: string, options: readonly string[]): Certificate {
  const [cert, key] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  const algorithm = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const files = ['-nodes', '-keyout', key, '-out', cert, '-subj', `/CN=${name}`, '-days', '2'];
  const args = ['req', '-x509', ...algorithm, ...files, ...options];
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  return { cert, key };
}

export type TlsFront = {
  /** host:port */
  readonly address: string;
  /** The common names of the certificates that clients came with. */
  readonly clients: ReadonlySet<string>;
  /** The namespaces that calls were meant for, by their header. */
  readonly namespaces: ReadonlySet<string>;
  close(): Promise<void>;
};

export type TlsFrontOptions = {
  /** host:port of the Temporal server. */
  readonly temporal: string;
  readonly server: Certificate;
  /** Who signs the certificates that clients have to have; without it they need none. */
  readonly clientCa?: string;
  /** The API key that each call has to have; without it none. */
  readonly apiKey?: string;
};

/** Temporal by TLS only, as Temporal Cloud has it. */
export async function startTlsFront(options: TlsFrontOptions): Promise<TlsFront> {
  const { temporal, server: own, clientCa, apiKey } = options;
  const port = await freePort('127.0.0.1');
  const clients = new Set<string>();
  const namespaces = new Set<string>();
  const sessions = new Set<ServerHttp2Session | ClientHttp2Session>();
  const server = createSecureServer({
    cert: readFileSync(own.cert),
    key: readFileSync(own.key),
    ...(clientCa === undefined ? {} : { ca: readFileSync(clientCa), requestCert: true }),
    rejectUnauthorized: clientCa !== undefined,
  });
  server.on('secureConnection', (socket) => {
    const { subject } = socket.getPeerCertificate() ?? {};
    if (subject) clients.add(String(subject.CN));
  });
  server.on('session', (session) => {
    const behind = connect(`http://${temporal}`);
    behind.on('error', () => session.destroy());
    session.on('close', () => behind.destroy());
    for (const one of [session, behind]) sessions.add(one);
    session.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      const namespace = headers['temporal-namespace'];
      if (namespace !== undefined) namespaces.add(String(namespace));
      if (apiKey !== undefined && headers.authorization !== `Bearer ${apiKey}`) {
        refuse(stream, UNAUTHENTICATED, 'Request unauthorized.');
      } else pass(stream, headers, behind);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${port}`,
    clients,
    namespaces,
    close: async () => {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Hands a call on, its metadata before and after included. */
function pass(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  behind: ClientHttp2Session,
): void {
  const call = behind.request({ ...headers, ':scheme': 'http' });
  call.on('response', (answer, flags) => {
    const isAll = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    if (!isOpen(stream)) return;
    stream.respond(answer, { waitForTrailers: !isAll, endStream: isAll });
  });
  let trailers: IncomingHttpHeaders = {};
  call.on('trailers', (last) => (trailers = last));
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.pipe(call);
  call.pipe(stream);
  call.on('error', () => refuse(stream, UNAVAILABLE, 'gone'));
  stream.on('error', () => call.close(constants.NGHTTP2_CANCEL));
  stream.on('aborted', () => call.close(constants.NGHTTP2_CANCEL));
}

function isOpen(stream: ServerHttp2Stream): boolean {
  return !stream.headersSent && !stream.destroyed && !stream.closed;
}

function refuse(stream: ServerHttp2Stream, status: string, message: string): void {
  if (!isOpen(stream)) return;
  const answer = { 'grpc-status': status, 'grpc-message': message };
  const headers = { ':status': 200, 'content-type': 'application/grpc', ...answer };
  stream.respond(headers, { endStream: true });
}
