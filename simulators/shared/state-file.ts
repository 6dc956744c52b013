import { mkdirSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { z } from 'zod';

const SAVE_AFTER_MS = 200;

/** Keeps a simulator's state in a file, so that it survives a restart; without a file it does nothing. */
export class StateFile<State> {
  readonly #file: string | undefined;
  readonly #snapshot: () => State;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(file: string | undefined, snapshot: () => State) {
    this.#file = file;
    this.#snapshot = snapshot;
  }

  /** Saves soon; many changes in a row cost one write. */
  schedule(): void {
    this.#timer ??= setTimeout(() => void this.flush(), SAVE_AFTER_MS).unref();
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    await this.#writing;
  }

  async #write(): Promise<void> {
    if (this.#file === undefined) return;
    // A crash in the middle of a write must not cost the state: a rename is all or nothing.
    const temporary = `${this.#file}.tmp`;
    // Some states hold keys: of a storage, or of signatures.
    await writeFile(temporary, JSON.stringify(this.#snapshot()), { mode: 0o600 });
    await rename(temporary, this.#file);
  }
}

/** The saved state; an empty one without a file, and when there is none yet. */
export function readState<State>(
  simulator: string,
  file: string | undefined,
  schema: z.ZodType<State>,
  empty: State,
): State {
  if (file === undefined) return empty;
  mkdirSync(path.dirname(file), { recursive: true });
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return empty;
    throw new Error(`the state of the ${simulator} simulator is unreadable; delete ${file}`, {
      cause: error,
    });
  }
}
