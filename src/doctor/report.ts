import type { Finding, Outcome } from './finding.ts';

const SIGNS: Record<Outcome, string> = { well: '✓', risk: '!', fault: '✗', unchecked: '–' };
/** That of the longest variable. */
const SUBJECT_WIDTH = 38;

/** The lines of a finding, below a heading where it begins a section. */
export function lines({ section, ...finding }: Finding, previous: string | null): string {
  const { subject, outcome, found, advice } = finding;
  const heading = section === previous ? '' : `${previous === null ? '' : '\n'}${section}\n`;
  const line = `  ${SIGNS[outcome]} ${subject.padEnd(SUBJECT_WIDTH)} ${found}\n`;
  const indent = ' '.repeat(SUBJECT_WIDTH + 5);
  return `${heading}${line}${advice === null ? '' : `${indent}→ ${advice}\n`}`;
}

/** How it is, all in all. */
export function summary(findings: readonly Finding[]): string {
  const count = (outcome: Outcome) =>
    findings.filter((finding) => finding.outcome === outcome).length;
  const [faults, risks] = [count('fault'), count('risk')];
  if (faults === 0 && risks === 0) return 'All is well.';
  const wrong = faults === 0 ? 'Nothing is wrong' : `${faults} wrong (✗)`;
  return `${wrong}, ${risks} to know of (!).`;
}
