import { defineConfig } from 'vitest/config';

/** `npm run faults`: the whole matrix, each column on a product of its own. */
export default defineConfig({
  test: {
    include: ['test/faults/matrix.ts'],
    testTimeout: 400_000,
    hookTimeout: 120_000,
    maxConcurrency: 100,
    sequence: { concurrent: false },
    fileParallelism: false,
  },
});
