/** What an erasure has found of a session and removed. */
export type Removed = {
  /** In the buckets: audio, transcripts, the vendor's own files, captions. */
  readonly objects: number;
  readonly bytes: number;
  /** The vendor's records of its jobs. */
  readonly jobs: number;
  /** Runs of workflows: the session's, and of all that belonged to it. */
  readonly workflows: number;
};

/** What an erasure does not reach. Names nothing and nobody: an erasure's own history outlives what it erases. */
export type Kept = {
  readonly what: 'source' | 'vendor-recording' | 'vendor-files' | 'captions' | 'unknown';
  /** In words. */
  readonly why: string;
};

/** What there is of a session in one place, before any of it is removed. */
export type Remains = Omit<Removed, 'workflows'> & { readonly kept: readonly Kept[] };

export type ErasureReport = {
  readonly id: string;
  readonly removed: Removed;
  readonly kept: readonly Kept[];
};

/** What an erasure leaves of a recording that came from there. */
const SOURCES: { readonly [kind: string]: Kept } = {
  s3: { what: 'source', why: 'the recording that was handed in, in a bucket of your own' },
  https: { what: 'source', why: 'the recording at the address that was handed in' },
  vonage: {
    what: 'vendor-recording',
    why: "Vonage's own copy, which Vonage deletes after 30 days",
  },
};
const UNKNOWN: Kept = {
  what: 'unknown',
  why: 'what only the history led to, such as captions of its tasks: Temporal no longer has that',
};

/** What is left of sources of these kinds (see RecordingSource). */
export function keptSources(kinds: readonly string[]): Kept[] {
  return [...new Set(kinds)].flatMap((kind) => SOURCES[kind] ?? []);
}

/** What is left of a session of which Temporal has this many runs. */
export function keptUnknown(runs: number): Kept[] {
  return runs === 0 ? [UNKNOWN] : [];
}

export function isNothing(removed: Removed): boolean {
  return Object.values(removed).every((count) => count === 0);
}

/** What has been removed in words: "3 objects (12 kB), 1 job, 2 runs of workflows". */
export function removedInWords({ objects, bytes, jobs, workflows }: Removed): string {
  const kilobytes = Math.ceil(bytes / 1_000);
  return [
    `${counted(objects, 'object')} (${kilobytes} kB)`,
    counted(jobs, 'job'),
    `${counted(workflows, 'run')} of workflows`,
  ].join(', ');
}

/** How far an erasure is, as Markdown: its workflow's current details in the Temporal UI. */
export function tellErasure({ id, removed, kept }: ErasureReport, isDone: boolean): string {
  return [
    `**${isDone ? 'erased' : 'erasing'}** · \`${id}\``,
    `${isDone ? 'Removed' : 'To be removed'}: ${removedInWords(removed)}`,
    ...(kept.length === 0 ? [] : [`Kept: ${kept.map(({ why }) => why).join('; ')}`]),
  ].join('\n\n');
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
