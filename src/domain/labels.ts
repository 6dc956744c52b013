import type { Metadata } from './session.ts';

/** How many characters the name of a label and its text may have. */
export const LABEL_LENGTHS = { name: 64, text: 512 } as const;

/** A search attribute holds 2 KiB, and MySQL's index of a list 255 characters each. */
const MOST_BYTES = 1_800;
const LONGEST = 200;

/** Stands for every label that a session is not findable by: whoever looks for one has to look into those, too. */
export const OTHER_LABELS = 'others';

/** The labels, as `name=value`, that a session is findable by: those that are text, not names of speakers and the like. */
export function findableLabels(metadata: Metadata): string[] {
  const labels = labelsOf(metadata);
  const found: string[] = [];
  let bytes = 0;
  for (const label of labels) {
    if (!isSearchable(label)) continue;
    bytes += encodeURIComponent(label).length + 3;
    if (bytes > MOST_BYTES) break;
    found.push(label);
  }
  return found.length === labels.length ? found : [...found, OTHER_LABELS];
}

export function hasLabel(metadata: Metadata, label: string): boolean {
  return labelsOf(metadata).includes(label);
}

/** Whether every store that Temporal may have compares the text as it is: SQLite's index trips over a quote. */
export function isSearchable(text: string): boolean {
  return text.length <= LONGEST && /^[^"'\\♡\p{C}]+$/u.test(text);
}

function labelsOf(metadata: Metadata): string[] {
  return Object.entries(metadata).flatMap(([name, value]) =>
    typeof value === 'string' ? [`${name}=${value}`] : [],
  );
}
