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

/** The times between each update of `channel` and the call to the same task before it, join or update. */
export function gapsMs({ simulator }: Stack, channel: string): number[] {
  const calls = simulator
    .ledger(channel)
    .calls.filter(({ operation }) => operation === 'join' || operation === 'update');
  return calls.flatMap(({ operation, at, agentId }, index) => {
    const before = calls.slice(0, index).findLast((call) => call.agentId === agentId);
    return operation === 'update' && before ? [Date.parse(at) - Date.parse(before.at)] : [];
  });
}
