import { stripVTControlCharacters, styleText } from 'node:util';

/** Vendors' words may have anything in them, also what a terminal obeys, or what turns the words around. */
export function plain(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/\p{Bidi_Control}/gu, '')
    .replaceAll(/[^\P{Cc}\n]/gu, ' ');
}

/** The same for where a line is one row. */
export function plainLine(text: string): string {
  return plain(text).replaceAll('\n', ' ');
}

/** Prints what the command was asked for. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** Says what is not the result: how it goes on, and what went wrong. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

type Style = Parameters<typeof styleText>[0];
const STYLES: { readonly [status: string]: Style } = {
  starting: 'yellow',
  running: 'green',
  transcribing: 'green',
  stopping: 'yellow',
  completed: 'blue',
  failed: 'red',
};

/** `text` in the colour of a session's status, where the terminal has colours. */
export function colourOf(status: string, text = status): string {
  const style = STYLES[status];
  return style === undefined ? text : styled(style, text);
}

export function styled(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

/** Rows with their columns below each other. The last column is as long as it is. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const clean = rows.map((row) => row.map(plainLine));
  const widths = (clean[0] ?? []).map((_, column) =>
    Math.max(...clean.map((row) => row[column]?.length ?? 0)),
  );
  return clean.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
