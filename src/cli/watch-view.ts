import type { Writable } from 'node:stream';
import { clearScreenDown, cursorTo, moveCursor } from 'node:readline';
import type { Explanation, Session } from './api-client.ts';
import { isLiveSession, revisionInWords, subjectOf } from './session-words.ts';
import { colourOf, plainLine } from './terminal.ts';

/** How a session is shown while it is watched. */
export type WatchView = {
  /** Tells what has happened. */
  readonly tell: (words: string) => void;
  /** Shows how it is now, where there is a place for it. */
  readonly show: (session: Session, explanation: Explanation | null) => void;
};

/** For files and pipes: a line for each change. */
export function lines(output: Writable): WatchView {
  return {
    tell: (words) => {
      output.write(`${new Date().toISOString()} ${plainLine(words)}\n`);
    },
    show: () => {},
  };
}

/** For a terminal: the changes, and below them how the session is, drawn again and again in its place. */
export function screen(terminal: Writable & { readonly columns: number }): WatchView {
  const { tell } = lines(terminal);
  let drawn = 0;
  const clear = () => {
    moveCursor(terminal, 0, -drawn);
    cursorTo(terminal, 0);
    clearScreenDown(terminal);
    drawn = 0;
  };
  return {
    tell: (words) => {
      clear();
      tell(words);
    },
    show: (session, explanation) => {
      clear();
      const state = stateOf(session, explanation);
      const rows = state.flatMap((row) => wrapped(row, terminal.columns));
      const head = colourOf(session.status);
      terminal.write(['', head, ...rows, ''].join('\n'));
      drawn = rows.length + 2;
    },
  };
}

function stateOf(session: Session, explanation: Explanation | null): string[] {
  const revision = isLiveSession(session) ? revisionInWords(session) : '';
  const step = explanation?.step;
  return [
    `${session.id}  ${subjectOf(session)}`,
    ...(revision === '' ? [] : [`revision ${revision}`]),
    ...(!isLiveSession(session) && session.progress ? [progressOf(session.progress)] : []),
    ...(step
      ? [`${step.state}: ${step.summary}${step.lastError ? `, try ${step.attempt}` : ''}`]
      : []),
    ...(explanation ? [explanation.next] : []),
  ].map(plainLine);
}

function progressOf({ bytes, totalBytes }: { bytes: number; totalBytes: number | null }): string {
  return `archived ${bytes} of ${totalBytes ?? 'unknown'} bytes`;
}

/** In rows that a terminal doesn't break by itself, or what is drawn could not be taken back. */
function wrapped(text: string, columns: number): string[] {
  const width = Math.max(columns - 1, 20);
  const rows: string[] = [];
  for (let rest = text; rest !== '';) {
    const space = rest.length > width ? rest.lastIndexOf(' ', width) : rest.length;
    const end = space > 0 ? space : width;
    rows.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return rows;
}
