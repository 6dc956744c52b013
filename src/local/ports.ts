import { createConnection, createServer, type Server } from 'node:net';

/** A TCP port that something wants to listen on. */
export type WantedPort = {
  readonly host: string;
  readonly port: number;
  /** Who wants it, as in "port 3000 is needed for the API". */
  readonly purpose: string;
  /** What to do when it is taken, besides ending who took it: "or set …". */
  readonly alternative?: string;
};

/** Null if the port can be listened on, else a sentence that says what is wrong and what to do. */
export async function portProblem(wanted: WantedPort): Promise<string | null> {
  const { host, port, purpose, alternative } = wanted;
  try {
    await close(await listen(host, port));
    return null;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error;
    const cause = code === 'EADDRINUSE' ? 'is in use' : `cannot be listened on (${String(code)})`;
    const remedy = `stop what listens there (lsof -i :${port} names it)`;
    const choices = alternative === undefined ? remedy : `${remedy}, ${alternative}`;
    return `Port ${port} on ${host}, needed for ${purpose}, ${cause}: ${choices}.`;
  }
}

/** A port of `host` that nobody listens on. */
export async function freePort(host: string): Promise<number> {
  const server = await listen(host, 0);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was assigned');
  // A connection that the server closed first keeps the port out of the system's hands for a minute: we
  // can still listen on it, but it is not given to another process that asks for a free one meanwhile.
  await new Promise<void>((resolve, reject) => {
    server.once('connection', (socket) => socket.end());
    createConnection(address.port, host)
      .once('close', () => resolve())
      .once('error', reject)
      .resume();
  });
  await close(server);
  return address.port;
}

/** Whether something accepts connections there. */
export function isListening(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, host);
    const answer = (listening: boolean) => {
      socket.destroy();
      resolve(listening);
    };
    socket.once('connect', () => answer(true)).once('error', () => answer(false));
  });
}

function listen(host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen({ host, port, exclusive: true }, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
