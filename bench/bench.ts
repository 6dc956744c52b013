import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { findTemporalBinary } from '../scripts/temporal-binary.mjs';
import { bulk } from './parts/bulk.ts';
import { contests, CONTESTS } from './parts/contests.ts';
import type { Outcome, Scope } from './parts/part.ts';
import { scale } from './parts/scale.ts';
import { spacing } from './parts/spacing.ts';
import { forTerminal, withResults } from './report.ts';
import { readResults, type PartResult, type Results } from './results.ts';

const OTHERS = { spacing, scale, bulk } as const;
const PARTS = [...CONTESTS, ...Object.keys(OTHERS)];
const FILE = 'bench/results/latest.json';
const PAGE = 'docs/performance.md';
const IMAGES = 'docs/images';

const given = process.argv.slice(2);
const isQuick = given.includes('--quick');
const named = given.filter((word) => word !== '--quick');
const unknown = named.filter((word) => !PARTS.some((part) => part === word));
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}: npm run bench -- [--quick] ${PARTS.join(' ')}`);
  process.exit(2);
}
const scope: Scope = { isQuick, progress: (text) => showProgress(text) };
const wanted = (name: string) => named.length === 0 || named.includes(name);
await runAll();
if (isQuick) console.log('\nQuick: it works; the numbers say nothing, and were not kept.');
process.exit();

async function runAll(): Promise<void> {
  let beganMs = Date.now();
  const keepNow = (name: string, outcome: Outcome) => {
    keep(name, outcome, (Date.now() - beganMs) / 1_000);
    beganMs = Date.now();
  };
  const ofContests = CONTESTS.filter(wanted);
  if (ofContests.length > 0) {
    await contests(ofContests, scope, keepNow);
  }
  for (const [name, measure] of Object.entries(OTHERS)) {
    if (wanted(name)) {
      const progress = (text: string) => showProgress(`${name}: ${text}`);
      keepNow(name, await measure({ ...scope, progress }));
    }
  }
}

/** Shows it, and, but for a quick run, writes down all that it is for. */
function keep(name: string, { plots, ...outcome }: Outcome, seconds: number): void {
  const part: PartResult = {
    takenAt: new Date().toISOString(),
    seconds: Math.round(seconds),
    setting: outcome.setting,
    tables: [...outcome.tables],
    goals: [...outcome.goals],
    plots: Object.keys(plots),
    data: JSON.parse(JSON.stringify(outcome.data)),
  };
  showProgress('');
  console.log(forTerminal(name, part));
  if (isQuick) return;
  const parts = existsSync(FILE) ? readResults(readFileSync(FILE, 'utf8')).parts : {};
  const results: Results = {
    machine: machine(),
    versions: versions(),
    parts: { ...parts, [name]: part },
  };
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(FILE, `${JSON.stringify(results, null, 1)}\n`);
  mkdirSync(IMAGES, { recursive: true });
  for (const [file, svg] of Object.entries(plots)) writeFileSync(`${IMAGES}/${file}.svg`, svg);
  writeFileSync(PAGE, withResults(readFileSync(PAGE, 'utf8'), results));
  execFileSync('node_modules/.bin/oxfmt', [PAGE, FILE]);
}

function machine(): string {
  const gibibytes = Math.round(totalmem() / 1_024 ** 3);
  return `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${gibibytes} GiB, all processes on it`;
}

function versions(): string {
  const temporal = execFileSync(findTemporalBinary(process.env) ?? 'temporal', ['--version']);
  return `Node ${process.versions.node}, ${String(temporal).trim()}`;
}

/** One line that is written over, on a terminal; elsewhere a line each. */
function showProgress(text: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\u001B[K${text}`);
  else if (text !== '') console.log(text);
}
