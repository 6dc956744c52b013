import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: ['test/support/moto-setup.ts', 'test/support/temporal-server.ts'],
    // Live sessions wait 5 s between updates, and every file runs processes of its own.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Hundreds of processes share a machine that may have two cores: what needed a second try is marked in the output.
    retry: 1,
    projects: [
      {
        extends: true,
        test: {
          name: 'behaviour',
          include: ['test/**/*.test.ts'],
          exclude: ['test/load/**', 'test/secrets/**'],
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: {
          name: 'load',
          include: ['test/load/*.test.ts'],
          // What takes the whole machine comes last, and one after the other.
          sequence: { groupOrder: 1 },
          maxWorkers: 1,
        },
      },
      {
        extends: true,
        test: {
          name: 'secrets',
          include: ['test/secrets/*.test.ts'],
          // What it looks into is what all others have left.
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
