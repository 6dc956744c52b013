import { defineConfig } from 'vitest/config';

/** `npm run schemathesis`: tries the whole API by its OpenAPI document, in about two minutes. */
export default defineConfig({
  test: {
    include: ['test/schemathesis/*.ts'],
    globalSetup: 'test/support/temporal-server.ts',
    testTimeout: 300_000,
    hookTimeout: 60_000,
  },
});
