import { mkdirSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { jobSchema } from './jobs.ts';
import { recordsSchema } from './ledger.ts';

const SAVE_AFTER_MS = 200;

const stateSchema = z.object({
  version: z.literal(1),
  /** Oldest first. */
  jobs: z.array(jobSchema),
  records: recordsSchema,
});
type SavedState = z.infer<typeof stateSchema>;

/** Keeps the simulator's state in a file, so that jobs survive a restart as they do at Amazon. */
export class StateFile {
  readonly #file: string;
  readonly #snapshot: () => SavedState;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(file: string, snapshot: () => SavedState) {
    this.#file = file;
    this.#snapshot = snapshot;
  }

  /** Saves soon; many changes in a row cost one write. */
  schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#writing = this.#writing.then(() => this.#write());
    }, SAVE_AFTER_MS).unref();
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    await this.#writing;
  }

  async #write(): Promise<void> {
    // A crash in the middle of a write must not cost the state: a rename is all or nothing.
    const temporary = `${this.#file}.tmp`;
    await writeFile(temporary, JSON.stringify(this.#snapshot()));
    await rename(temporary, this.#file);
  }
}

/** The saved state; an empty one when there is no file yet. */
export function loadState(file: string | undefined): SavedState {
  const empty = stateSchema.parse({ version: 1, jobs: [], records: {} });
  if (file === undefined) return empty;
  mkdirSync(path.dirname(file), { recursive: true });
  try {
    return stateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return empty;
    throw new Error(`the state of the Transcribe simulator is unreadable; delete ${file}`, {
      cause: error,
    });
  }
}
