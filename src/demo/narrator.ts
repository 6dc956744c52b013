import { styleText } from 'node:util';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 100;
/** As wide as a time and what stands around it. */
const MARGIN = ' '.repeat(11);

/** Tells the story, each line with the time since its beginning. */
export type Narrator = {
  title(text: string): void;
  heading(text: string): void;
  /** Something happens. */
  say(text: string): void;
  /** Something has gone as it should. */
  proved(text: string): void;
  /** Something is broken, on purpose. */
  broke(text: string): void;
  /** More about the line before, or words of somebody else's; without a time. */
  aside(...lines: readonly string[]): void;
  /** Shows that `what` is waited for until `work` is done, where somebody watches. */
  during<T>(what: string, work: Promise<T>): Promise<T>;
};

/** Tells it to `stream`, in colours and with a moving line only where that is a terminal. */
export function narrator(stream: NodeJS.WriteStream): Narrator {
  const startedAtMs = Date.now();
  const time = () => {
    const seconds = (Date.now() - startedAtMs) / 1_000;
    return styled('dim', `${seconds.toFixed(1).padStart(5)} s  `);
  };
  const styled = (format: Parameters<typeof styleText>[0], text: string) =>
    styleText(format, text, { stream });
  const clear = () => stream.isTTY && stream.write('\r\u001B[K');
  const line = (text: string) => {
    clear();
    stream.write(`${text}\n`);
  };
  return {
    title: (text) => line(`\n${styled('bold', text)}`),
    heading: (text) => line(`\n${styled(['bold', 'cyan'], text)}`),
    say: (text) => line(`${time()}  ${text}`),
    proved: (text) => line(`${time()}${styled('green', '✓')} ${text}`),
    broke: (text) => line(`${time()}${styled('red', '✗')} ${text}`),
    aside: (...lines) => {
      for (const text of lines) line(`${MARGIN}${styled('dim', text)}`);
    },
    during: async (what, work) => {
      let frame = 0;
      const draw = () => {
        clear();
        frame = (frame + 1) % FRAMES.length;
        // A line that wraps could not be cleared.
        const text = shortened(`waiting for ${what}`, stream.columns - MARGIN.length - 1);
        stream.write(`${time()}${styled('yellow', `${FRAMES[frame]} ${text}`)}`);
      };
      const timer = stream.isTTY ? setInterval(draw, FRAME_MS) : undefined;
      try {
        return await work;
      } finally {
        clearInterval(timer);
        clear();
      }
    },
  };
}

/** As many whole words as there is room for. */
function shortened(text: string, columns: number): string {
  if (text.length <= columns) return text;
  const end = text.lastIndexOf(' ', columns - 2);
  return `${text.slice(0, end > 0 ? end : Math.max(columns - 2, 0))} …`;
}
