import { defineConfig } from 'vitest/config';
import { FaultReport } from './test/faults/report.ts';

/** `npm run faults`: the whole matrix, each column on a product of its own; then random faults for FAULTS_SECONDS (300). */
export default defineConfig({
  test: {
    include: ['test/faults/{vendor-faults,disasters,messages,random}.ts'],
    reporters: ['verbose', new FaultReport()],
    testTimeout: 400_000,
    hookTimeout: 120_000,
    maxConcurrency: 100,
    maxWorkers: 2,
  },
});
