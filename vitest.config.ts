import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/support/closing-line.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Whole runs of the command, on machines with two cores as well.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Most tests wait for the command more than they work themselves.
    maxWorkers: Math.max(2, availableParallelism()),
    reporters: ['default', new ClosingLine()],
  },
});
