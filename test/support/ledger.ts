import type { Call, Ledger } from '../../simulators/agora/ledger.ts';
import type { Stack } from './stack.ts';

/** The operations that the simulator was asked for in `channel`, in order; only those named, when some are. */
export function callsOf({ simulator }: Stack, channel: string, ...operations: string[]): string[] {
  return simulator
    .ledger(channel)
    .calls.map(({ operation }) => operation)
    .filter((operation) => operations.length === 0 || operations.includes(operation));
}

export function updatesOf({ simulator }: Stack, channel: string): Readonly<Call>[] {
  return simulator.ledger(channel).calls.filter(({ operation }) => operation === 'update');
}

export function tasksOf({ simulator }: Stack, channel: string): Ledger['tasks'] {
  return simulator.ledger(channel).tasks;
}

export function rulesBroken({ simulator }: Stack, channel: string): string[] {
  return simulator.ledger(channel).violations.map(({ rule }) => rule);
}

/** The times between the join and the updates of `channel`, one after the other. */
export function gapsMs({ simulator }: Stack, channel: string): number[] {
  const times = simulator
    .ledger(channel)
    .calls.filter(({ operation }) => operation === 'join' || operation === 'update')
    .map(({ at }) => Date.parse(at));
  return times.slice(1).map((time, index) => time - (times[index] ?? 0));
}
