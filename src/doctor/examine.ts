import { readEnvironment } from '../config.ts';
import { diagnose } from './diagnose.ts';
import type { Finding } from './finding.ts';
import { lines, summary } from './report.ts';

/** Prints each finding as it comes, or all of them as JSON; returns whether nothing is wrong. */
export async function examine(isJson: boolean): Promise<boolean> {
  const findings: Finding[] = [];
  for await (const finding of diagnose(readEnvironment())) {
    if (!isJson) process.stdout.write(lines(finding, findings.at(-1)?.section ?? null));
    findings.push(finding);
  }
  process.stdout.write(
    isJson ? `${JSON.stringify({ findings }, null, 2)}\n` : `\n${summary(findings)}\n`,
  );
  return findings.every(({ outcome }) => outcome !== 'fault');
}
