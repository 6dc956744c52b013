import { readdirSync, readFileSync } from 'node:fs';

/** What Linux counts a process's time in, whatever its own clock: USER_HZ. */
const TICK_MS = 10;
/** The fields of /proc/<pid>/stat after the command's name, which is in brackets and may be anything. */
const STAT = { group: 2, userTicks: 11, systemTicks: 12 } as const;

/** The CPU time, in ms, that the processes of the group that run have taken so far. */
export function cpuMs(group: number): number {
  const ticks = processesOf(group).map(
    ({ stat }) => Number(stat[STAT.userTicks]) + Number(stat[STAT.systemTicks]),
  );
  return ticks.reduce((sum, one) => sum + one, 0) * TICK_MS;
}

/** The resident memory of the processes of the group, in MiB. */
export function residentMegabytes(group: number): number {
  const kilobytes = processesOf(group).map(({ pid }) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmRSS:\s*(\d+) kB/.exec(status)?.[1] ?? 0);
  });
  return kilobytes.reduce((sum, one) => sum + one, 0) / 1_024;
}

function processesOf(group: number): { readonly pid: string; readonly stat: readonly string[] }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const stat = statOf(pid);
      return Number(stat[STAT.group]) === group ? [{ pid, stat }] : [];
    });
}

function statOf(pid: string): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return []; // It has ended since.
  }
}
