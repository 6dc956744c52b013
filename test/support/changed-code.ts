import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { page } from './terminal.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The product's code with the change of docs/changing-workflows.md, in a folder of its own for one test. */
export function changedCode(): string {
  const folder = mkdtempSync(join(tmpdir(), 'durascribe-changed-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  cpSync(join(ROOT, 'src'), join(folder, 'src'), { recursive: true });
  cpSync(join(ROOT, 'scripts'), join(folder, 'scripts'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const [, file = '', hunk = ''] =
    /^--- (.*)\n([^]*?)^```/m.exec(page('changing-workflows.md')) ?? [];
  edit(folder, file, (text) => withHunk(withImport(text), hunk));
  return folder;
}

/** Changes a file of such a folder. Throws when there is nothing to change. */
export function edit(folder: string, file: string, change: (text: string) => string): void {
  const path = join(folder, file);
  const text = readFileSync(path, 'utf8');
  const changed = change(text);
  if (changed === text) throw new Error(`${file} has no place for the change`);
  writeFileSync(path, changed);
}

function withHunk(text: string, hunk: string): string {
  const lines = hunk.trimEnd().split('\n');
  const without = (sign: string) =>
    lines.filter((line) => !line.startsWith(sign)).map((line) => line.slice(1));
  const [before, after] = [without('+').join('\n'), without('-').join('\n')];
  if (!text.includes(before)) throw new Error(`the page's example is of other code: ${before}`);
  return text.replace(before, () => after);
}

function withImport(text: string): string {
  const isThere = /^import \{[^}]*\bpatched\b/m.test(text);
  return isThere ? text : `import { patched } from '@temporalio/workflow';\n${text}`;
}
