import type { Goal, Table } from '../results.ts';

/** How thoroughly it is measured: `quick` shows that it works, and nothing of speed. */
export type Scope = { readonly isQuick: boolean; readonly progress: (text: string) => void };

/** What a part came to, without when. */
export type Outcome = {
  readonly setting: string;
  readonly tables: readonly Table[];
  readonly goals: readonly Goal[];
  readonly data: unknown;
  /** SVG, by the name of its file. */
  readonly plots: Readonly<Record<string, string>>;
};
