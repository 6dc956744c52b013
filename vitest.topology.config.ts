import { defineConfig } from 'vitest/config';

/** `npm run topology`: docker-compose.yml's topology by hand, each process killed in turn; about two minutes. */
export default defineConfig({
  test: {
    include: ['test/topology/topology.ts'],
    // What it tells is a story, line by line.
    disableConsoleIntercept: true,
    testTimeout: 600_000,
    hookTimeout: 120_000,
  },
});
