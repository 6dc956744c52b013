import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A process of the product, as `node src/….ts` runs it. */
export type Service = {
  readonly process: ChildProcess;
  /** Everything that it has printed. */
  output(): string;
  /** Ends it, at once and without a word to it (SIGKILL) unless another signal is given. */
  end(signal?: NodeJS.Signals): Promise<void>;
};

/** A file of the product, or that of another version of it by its whole path, as a process with nothing but `environment`. */
export function startService(file: string, environment: NodeJS.ProcessEnv): Service {
  const child = spawn(process.execPath, [resolve(ROOT, file)], { env: environment, cwd: '/' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return {
    process: child,
    output: () => output,
    end: async (signal = 'SIGKILL') => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.kill(signal);
      await exit;
    },
  };
}

/** Whether it has printed `text`. Throws when it has ended. */
export function printed(service: Service, text: string): boolean {
  if (service.process.exitCode !== null) throw new Error(`it ended: ${service.output()}`);
  return service.output().includes(text);
}

/** The lines of its log. */
export function linesOf(service: Service): Record<string, unknown>[] {
  return service
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}
