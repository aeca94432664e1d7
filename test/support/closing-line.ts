import type { Reporter, TestModule } from 'vitest/node';

/**
 * Ends a test run with a line that programs can read: `120 passed, 0 failed, 3 skipped`. If `CI` is set, a skipped test
 * is a failure: the line counts it as failed and the process exits with 1.
 */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const counts = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        const counted = state === 'skipped' && isCi() ? 'failed' : state;
        if (counted !== state) process.stderr.write(`Skipped (a failure in CI): ${test.fullName}\n`);
        counts[counted] += 1;
      }
      if (module.children.size === 0) counts.failed += 1;
    }
    process.on('exit', () => {
      const { passed, failed, skipped } = counts;
      process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
      // Vitest sets the exit code to 0 if all tests passed or were skipped.
      if (failed > 0) process.exitCode ||= 1;
    });
  }
}

function isCi(): boolean {
  return !['', '0', 'false', undefined].includes(process.env['CI']);
}
