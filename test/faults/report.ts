import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Reporter, TestCase, TestModule, TestRunEndReason } from 'vitest/node';

declare module 'vitest' {
  interface TaskMeta {
    /** Where the report shows the outcome of a test. */
    cell?: { readonly provider: string; readonly step: string; readonly column: string };
    /** What a run at random has done. */
    random?: { readonly seed: number; readonly seconds: number; readonly did: string };
  }
}

const PAGE = 'docs/faults.md';
/** What follows this on the page is written anew. */
const HEADING = '## The last full run';
/** The files whose tests are in it: calls to vendors, disasters, messages, random faults. */
const PARTS = 4;

type Outcome = {
  readonly provider: string;
  readonly step: string;
  readonly column: string;
  readonly passed: boolean;
};

/** Writes down what held, once all of it has run. */
export class FaultReport implements Reporter {
  #beganMs = 0;

  onTestRunStart(): void {
    this.#beganMs = Date.now();
  }

  onTestRunEnd(modules: readonly TestModule[], _errors: unknown, reason: TestRunEndReason): void {
    const parts = modules.map((module) => [...module.children.allTests()]);
    const tests = parts.flat();
    const isAll = tests.every((test) => ['passed', 'failed'].includes(test.result().state));
    const isWhole = parts.filter((part) => part.length > 0).length === PARTS;
    if (reason === 'interrupted' || !isWhole || !isAll) return;
    const seconds = Math.round((Date.now() - this.#beganMs) / 1_000);
    const [text] = readFileSync(PAGE, 'utf8').split(HEADING);
    writeFileSync(PAGE, `${text}${written(tests, seconds)}`);
    execFileSync('node_modules/.bin/oxfmt', [PAGE]);
  }
}

function outcomeOf(test: TestCase): Outcome[] {
  const { cell } = test.meta();
  return cell ? [{ ...cell, passed: isPassed(test) }] : [];
}

function isPassed(test: TestCase): boolean {
  return test.result().state === 'passed';
}

function written(tests: readonly TestCase[], seconds: number): string {
  const outcomes = tests.flatMap(outcomeOf);
  const passed = outcomes.filter((outcome) => outcome.passed).length;
  const providers = [...new Set(outcomes.map(({ provider }) => provider))];
  const atRandom = tests.flatMap((test) => {
    const { random } = test.meta();
    if (!random) return [];
    const { seed, did } = random;
    const outcome = isPassed(test) ? 'no promise was broken' : '**promises were broken**';
    return [`At random, with seed ${seed}, in ${random.seconds} s: ${did}; ${outcome}.`];
  });
  return [
    HEADING,
    '',
    `On ${new Date().toISOString().slice(0, 10)}, in ${seconds} s: ${passed} of ${outcomes.length} cells held. ${atRandom.join(' ')}`,
    ...providers.flatMap((provider) => [
      '',
      `### ${provider}`,
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
    if (found === undefined) return '=';
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
