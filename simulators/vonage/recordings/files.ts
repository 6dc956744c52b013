import { z } from 'zod';
import { readState, StateFile } from '../../shared/state-file.ts';
import { synthesised, wantedAudioSchema } from './audio.ts';
import type { Audio, WantedAudio } from './audio.ts';

/** "Recordings are stored for 30 days" (Voice API, recording guide). */
const KEPT_MS = 30 * 86_400_000;

const described = {
  fileId: z.string(),
  recordingUuid: z.string(),
  conversationUuid: z.string(),
  from: z.string(),
  recordedAtMs: z.number(),
  /** It is announced earlier than it can be had. */
  availableAtMs: z.number(),
};
const stateSchema = z.array(z.object({ ...described, recipe: wantedAudioSchema }));
type Described = Omit<z.infer<typeof stateSchema>[number], 'recipe'>;

export type RecordedFile = Described & { readonly audio: Audio };

/** The recordings by the ids of their files, which are not those of the recordings. Synthesised ones survive a restart. */
export class Files {
  readonly #now: () => number;
  readonly #files = new Map<string, RecordedFile>();
  readonly #recipes = new Map<string, WantedAudio>();
  readonly #state: StateFile<z.infer<typeof stateSchema>>;

  constructor(now: () => number, stateFile?: string) {
    this.#now = now;
    this.#state = new StateFile(stateFile, () => this.#saved());
    for (const { recipe, ...file } of readState('Vonage', stateFile, stateSchema, [])) {
      this.#files.set(file.fileId, { ...file, audio: synthesised(recipe) });
      this.#recipes.set(file.fileId, recipe);
    }
  }

  /** `recipe` is null where the audio is not synthesised. */
  add(file: RecordedFile, recipe: WantedAudio | null): void {
    this.#files.set(file.fileId, file);
    if (recipe === null) return;
    this.#recipes.set(file.fileId, recipe);
    this.#state.schedule();
  }

  /** Whether or not it can be had. */
  get(fileId: string): RecordedFile | undefined {
    return this.#files.get(fileId);
  }

  isAvailable({ availableAtMs, recordedAtMs }: RecordedFile): boolean {
    const nowMs = this.#now();
    return availableAtMs <= nowMs && nowMs < recordedAtMs + KEPT_MS;
  }

  async flush(): Promise<void> {
    await this.#state.flush();
  }

  #saved(): z.infer<typeof stateSchema> {
    return [...this.#recipes].flatMap(([fileId, recipe]) => {
      const file = this.#files.get(fileId);
      return file ? [{ ...stateSchema.element.omit({ recipe: true }).parse(file), recipe }] : [];
    });
  }
}
