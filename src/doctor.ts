import { readEnvironment } from './config.ts';
import { diagnose } from './doctor/diagnose.ts';
import type { Finding } from './doctor/finding.ts';
import { lines, summary } from './doctor/report.ts';

const isJson = process.argv.includes('--json');
const findings: Finding[] = [];
for await (const finding of diagnose(readEnvironment())) {
  if (!isJson) process.stdout.write(lines(finding, findings.at(-1)?.section ?? null));
  findings.push(finding);
}
process.stdout.write(
  isJson ? `${JSON.stringify({ findings }, null, 2)}\n` : `\n${summary(findings)}\n`,
);
const isWrong = findings.some(({ outcome }) => outcome === 'fault');
// What never answered would keep the process alive.
process.stdout.write('', () => process.exit(isWrong ? 1 : 0));
