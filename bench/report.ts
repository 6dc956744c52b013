import type { PartResult, Results, Table } from './results.ts';

/** A part for the terminal: aligned, and the goals with a mark each. */
export function forTerminal(name: string, { setting, tables, goals }: PartResult): string {
  const marks = goals.map(({ what, goal, measured, isMet }) => [
    isMet ? '✓' : '✗',
    what,
    measured,
    goal,
  ]);
  return [
    `\n${name}: ${setting}\n`,
    ...tables.flatMap(({ head, rows }) => [...aligned([head, ...rows]), '']),
    ...aligned(marks),
  ].join('\n');
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
}

/** The page with what lies between the marks of each part that was measured written anew. Throws where a mark is missing. */
export function withResults(page: string, { machine, versions, parts }: Results): string {
  const texts = Object.entries(parts).map(([name, part]) => [name, partText(part)] as const);
  const about = [['machine', `${machine}\n\n${versions}`] as const];
  return [...about, ...texts].reduce((text, [name, words]) => replaced(text, name, words), page);
}

function replaced(page: string, name: string, words: string): string {
  const [begin, end] = [`<!-- bench: ${name} -->`, `<!-- bench end: ${name} -->`];
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from === -1 || to < from) throw new Error(`the page lacks ${begin} … ${end}`);
  return `${page.slice(0, from + begin.length)}\n\n${words}\n\n${page.slice(to)}`;
}

function partText({ takenAt, setting, tables, goals, plots }: PartResult): string {
  const goalTable: Table = {
    head: ['goal', '', 'measured', ''],
    rows: goals.map(({ what, goal, measured, isMet }) => [
      what,
      goal,
      measured,
      isMet ? '✓' : '**✗**',
    ]),
  };
  const when = `On ${takenAt.slice(0, 10)}: ${setting}.`;
  const images = plots.map((plot) => `![${plot}](images/${plot}.svg)`);
  const shown = [...tables, ...(goals.length > 0 ? [goalTable] : [])].map(markdown);
  return [when, ...images, ...shown].join('\n\n');
}

function markdown({ head, rows }: Table): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
