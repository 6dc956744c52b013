import { expect } from 'vitest';
import { eventually, type Stack } from './stack.ts';

/** Has a session be carried on by another run: each one hands over at about 1,000 events. */
export async function untilCarriedOn({ api, client }: Stack, path: string): Promise<void> {
  const { id, runId } = (await api('GET', path)).body;
  const handle = client.workflow.getHandle(String(id));
  for (let round = 0; round < 60; round += 1) {
    const refused = { languages: [`${round} is no language`] };
    await Promise.all(Array.from({ length: 20 }, () => handle.signal('requestChange', refused)));
  }
  await eventually(async () => expect((await api('GET', path)).body['runId']).not.toBe(runId));
}
