import type { Api, Session, TaskPair } from './product-api.ts';
import type { Narrator } from './narrator.ts';
import type { Simulators } from './simulators.ts';

/** What the scenes play with. */
export type Stage = {
  readonly narrator: Narrator;
  readonly api: Api;
  readonly simulators: Simulators;
  /** How often a running task or job is looked at. */
  readonly watchSeconds: number;
  /** Ends the worker as a crash does. */
  killWorker(): Promise<void>;
  /** Starts another one, and returns at once. */
  startWorker(): void;
  /** Whether it stays up once the story is told. */
  readonly stays: boolean;
};

export const CHANNEL = 'stand-up';
/** Where the start is under way when the worker dies. */
export const HIT_CHANNEL = 'all-hands';
export const HIT = `agora:${HIT_CHANNEL}`;
export const ROOM = 'abc-xyzw-lmno';
export const SAMPLE = 's3://media/two-voices.mp3';

/** The sessions of the story that later scenes come back to. */
export type Cast = {
  readonly agora: Session;
  readonly legacy: Session;
  readonly legacyPair: TaskPair;
  readonly videosdk: Session;
  readonly call: Session;
  readonly file: Session;
};
