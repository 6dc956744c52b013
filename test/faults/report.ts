import { mkdirSync, writeFileSync } from 'node:fs';
import type { Reporter, TestModule, TestCase } from 'vitest/node';

/** The outcomes of a run, as `docs/faults/matrix.md` shows them. */
type Outcome = {
  readonly provider: string;
  readonly step: string;
  readonly column: string;
  readonly passed: boolean;
};

/** The files whose tests are cells: vendor calls and disasters, and messages. */
const PARTS = 2;

/** Writes the matrix down, once all of it has run. */
export class MatrixReport implements Reporter {
  #beganMs = 0;

  onTestRunStart(): void {
    this.#beganMs = Date.now();
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const isAll =
      modules.length === PARTS && tests.every((test) => test.result().state !== 'skipped');
    if (!isAll) return;
    const outcomes = tests.flatMap(outcomeOf);
    const seconds = Math.round((Date.now() - this.#beganMs) / 1_000);
    mkdirSync('docs/faults', { recursive: true });
    writeFileSync('docs/faults/matrix.md', written(outcomes, seconds));
  }
}

function outcomeOf(test: TestCase): Outcome[] {
  const { cell } = test.meta();
  return cell ? [{ ...cell, passed: test.result().state === 'passed' }] : [];
}

function written(outcomes: readonly Outcome[], seconds: number): string {
  const passed = outcomes.filter((outcome) => outcome.passed).length;
  const providers = [...new Set(outcomes.map(({ provider }) => provider))];
  return [
    '# The fault matrix, as it ran last',
    '',
    `Written by \`npm run faults\` on ${new Date().toISOString().slice(0, 10)}: ${passed} of ${outcomes.length} cells held, in ${seconds} s.`,
    'What a cell does and is judged by is told in [faults.md](../faults.md).',
    ...providers.flatMap((provider) => [
      '',
      `## ${provider}`,
      '',
      ...table(outcomes.filter((outcome) => outcome.provider === provider)),
    ]),
    '',
  ].join('\n');
}

/** A row for what goes wrong, a column for each step. */
function table(outcomes: readonly Outcome[]): string[] {
  const steps = [...new Set(outcomes.map(({ step }) => step))];
  const columns = [...new Set(outcomes.map(({ column }) => column))];
  const mark = (column: string, step: string): string => {
    const found = outcomes.find((outcome) => outcome.column === column && outcome.step === step);
    if (found === undefined) return '';
    return found.passed ? '✓' : '**✗**';
  };
  return [
    `| | ${steps.join(' | ')} |`,
    `|---|${steps.map(() => ':-:').join('|')}|`,
    ...columns.map(
      (column) => `| ${column} | ${steps.map((step) => mark(column, step)).join(' | ')} |`,
    ),
  ];
}
