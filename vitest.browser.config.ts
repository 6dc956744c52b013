import { defineConfig } from 'vitest/config';

/** `npm run browser`: what operators see in Temporal's Web UI, in a real browser. */
export default defineConfig({
  test: {
    include: ['test/browser/*.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
