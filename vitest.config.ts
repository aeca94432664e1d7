import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/support/closing-line.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Whole runs of the command, on machines with two cores as well.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Files must not share modules: sharp's blocked loaders and other settings of a process would leak between them.
    isolate: true,
    // Many tests wait for the command, so one worker more than there are cores keeps the cores busy.
    maxWorkers: availableParallelism() + 1,
    reporters: ['default', new ClosingLine()],
  },
});
