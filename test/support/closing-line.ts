import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run of the tests with one line that programs can read: `120 passed, 0 failed, 3 skipped`. */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const counts = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) counts[test.result().state] += 1;
      if (module.children.size === 0) counts.failed += 1;
    }
    process.on('exit', () => {
      const { passed, failed, skipped } = counts;
      process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
    });
  }
}
