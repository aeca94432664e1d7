import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/support/closing-line.ts';

/** Files that import our use of sharp, which blocks loaders for the whole process. */
const BLOCKS_LOADERS = ['test/codec/**/*.test.ts', 'test/image/**/*.test.ts'];

export default defineConfig({
  test: {
    // Whole runs of the command, on machines with two cores as well.
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // Many tests wait for answers and time-outs, so a few workers more than there are cores keep the cores busy.
    maxWorkers: availableParallelism() + 3,
    // Servers of tests count their requests; tests of robots.txt and its like name the files to ask for.
    env: { LAION_FETCH_RIGHTS_FILES: 'none' },
    reporters: ['default', new ClosingLine()],
    projects: [
      {
        extends: true,
        test: { name: 'own process', include: BLOCKS_LOADERS, isolate: true },
      },
      {
        extends: true,
        // Files that share modules save a quarter of the processor time.
        test: { name: 'shared', include: ['test/**/*.test.ts'], exclude: BLOCKS_LOADERS, isolate: false },
      },
    ],
  },
});
