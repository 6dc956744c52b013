import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const READABLE_LENGTH = 80;

/**
 * A map that outlives the process: one small file for each entry. Changes are synchronous, so that
 * no request sees, and no crash leaves, half of one.
 */
export class Records<T> {
  readonly #folder: string | null;
  readonly #schema: z.ZodType<{ id: string; value: T }>;
  readonly #entries = new Map<string, T>();

  /** In memory only without a folder. */
  constructor(folder: string | null, value: z.ZodType<T>) {
    this.#folder = folder;
    this.#schema = z.object({ id: z.string(), value });
    if (folder !== null) this.#load(folder);
  }

  get(id: string): T | undefined {
    return this.#entries.get(id);
  }

  values(): T[] {
    return [...this.#entries.values()];
  }

  set(id: string, value: T): void {
    if (this.#folder !== null) {
      const file = path.join(this.#folder, fileName(id));
      writeFileSync(`${file}.tmp`, JSON.stringify({ id, value }));
      renameSync(`${file}.tmp`, file);
    }
    this.#entries.set(id, value);
  }

  delete(id: string): void {
    if (this.#folder !== null) rmSync(path.join(this.#folder, fileName(id)), { force: true });
    this.#entries.delete(id);
  }

  #load(folder: string): void {
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) {
      const file = path.join(folder, name);
      if (name.endsWith('.tmp')) {
        rmSync(file); // Its writer was killed before it was renamed.
        continue;
      }
      try {
        const { id, value } = this.#schema.parse(JSON.parse(readFileSync(file, 'utf8')));
        this.#entries.set(id, value);
      } catch (cause) {
        throw new Error(`the state of the S3 simulator is unreadable; delete ${file}`, { cause });
      }
    }
  }
}

/** The hash tells apart what file systems don't: letter case, long names, Unicode forms. */
function fileName(id: string): string {
  const readable = id.replace(/[^\w.-]+/g, '_').slice(0, READABLE_LENGTH);
  return `${readable}.${createHash('sha256').update(id).digest('hex')}.json`;
}
