import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

/**
 * What becomes of the bytes between two processes: they pass, each piece of them late (so that a call takes 1.8 s), few at
 * a time or not at all, or every connection is reset.
 */
export type Weather = 'fair' | 'late' | 'slow' | 'silent' | 'reset';

const LATE_MS = 900;
const SLOW_BYTES_PER_SECOND = 20;
const LOOK_EVERY_MS = 10;

export type WeatherProxy = {
  readonly address: string;
  set(weather: Weather): void;
  close(): void;
};

/** A TCP proxy to `target` (host:port), in fair weather at first. */
export async function weatherProxy(target: string): Promise<WeatherProxy> {
  const [host, targetPort] = target.split(':');
  const sockets = new Set<Socket>();
  let weather: Weather = 'fair';
  const relay = async (from: Socket, to: Socket) => {
    sockets.add(from);
    from.once('close', () => {
      sockets.delete(from);
      to.destroy();
    });
    from.on('error', () => undefined);
    let written = Promise.resolve();
    for await (const chunk of from) {
      if (weather === 'slow') await delay((chunk.length / SLOW_BYTES_PER_SECOND) * 1_000);
      while (weather === 'silent') await delay(LOOK_EVERY_MS);
      const due = weather === 'late' ? delay(LATE_MS) : null;
      written = Promise.all([written, due]).then(() => void to.write(chunk));
      if (weather !== 'late') await written;
    }
  };
  const server = createServer((near) => {
    if (weather === 'reset') {
      near.resetAndDestroy();
      return;
    }
    const far = connect(Number(targetPort), host);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      relay(from, to).catch(() => undefined);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = z.object({ port: z.number() }).parse(server.address());
  const reset = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    address: `127.0.0.1:${port}`,
    set: (now) => {
      weather = now;
      if (now === 'reset') reset();
    },
    close: () => {
      server.close();
      reset();
    },
  };
}
