import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/support/closing-line.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Whole runs of the command, on machines with two cores as well.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A shared machine can stall a whole run of the command; what fails twice is broken.
    retry: process.env['CI'] === undefined ? 0 : 1,
    // Most tests wait for the command more than they work themselves.
    maxWorkers: Math.max(2, availableParallelism()),
    reporters: ['default', new ClosingLine()],
  },
});
