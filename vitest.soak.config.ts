import { defineConfig } from 'vitest/config';

/** `npm run soak`: takes SOAK_SECONDS (600), and is judged like a test. */
export default defineConfig({
  test: {
    include: ['test/soak/*.ts'],
    globalSetup: 'test/support/temporal-server.ts',
    testTimeout: 3_600_000,
    hookTimeout: 60_000,
  },
});
