import type { TestProject } from 'vitest/node';
import { startEmbeddedServer } from '../../src/temporal/embedded-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** host:port of the Temporal server that all tests share. */
    temporalAddress: string;
  }
}

/** One real Temporal server for the whole run, in memory. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startEmbeddedServer();
  project.provide('temporalAddress', server.address);
  return () => server.stop();
}
