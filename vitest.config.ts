import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/moto-setup.ts', 'test/support/temporal-server.ts'],
    // Live sessions wait 5 s between updates, and every file runs processes of its own.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
