import { randomUUID } from 'node:crypto';
import { createWriteStream, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

/** First and last byte. */
export type Span = { readonly first: number; readonly last: number };

/** Bytes that never change, each under an id of its own. */
export type Blobs = {
  /** Returns the id once all is kept; keeps nothing when the source fails. */
  write(source: AsyncIterable<Buffer>): Promise<string>;
  /** Stays readable when it is removed meanwhile. */
  read(id: string, span?: Span): Promise<Readable>;
  remove(id: string): Promise<void>;
};

/** Blobs as files; what an earlier process left half-written or unused goes. */
export function blobsIn(folder: string, used: ReadonlySet<string>): Blobs {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    if (!used.has(name)) rmSync(path.join(folder, name), { recursive: true });
  }
  return {
    write: async (source) => {
      const id = randomUUID();
      const file = path.join(folder, id);
      try {
        await pipeline(source, createWriteStream(file, { flags: 'wx' }));
      } catch (error) {
        await rm(file, { force: true });
        throw error;
      }
      return id;
    },
    read: async (id, span) => {
      const file = await open(path.join(folder, id));
      return file.createReadStream(span && { start: span.first, end: span.last });
    },
    remove: (id) => rm(path.join(folder, id), { force: true }),
  };
}

export function blobsInMemory(): Blobs {
  const contents = new Map<string, Buffer>();
  return {
    write: async (source) => {
      const id = randomUUID();
      contents.set(id, await buffer(source));
      return id;
    },
    read: async (id, span) => {
      const content = contents.get(id);
      if (!content) throw new Error(`there is no blob ${id}`);
      return Readable.from([span ? content.subarray(span.first, span.last + 1) : content]);
    },
    remove: async (id) => {
      contents.delete(id);
    },
  };
}
