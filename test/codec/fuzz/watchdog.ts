import { Worker } from 'node:worker_threads';

const CODE = `
  const { writeSync } = require('node:fs');
  const { shared, limitMs, label } = require('node:worker_threads').workerData;
  const step = new Int32Array(shared);
  for (;;) {
    const current = Atomics.load(step, 0);
    if (Atomics.wait(step, 0, current, limitMs) !== 'timed-out') continue;
    writeSync(2, label + ', copy ' + current + ': no end after ' + limitMs + ' ms; killing the process\\n');
    process.kill(process.pid, 'SIGKILL');
  }
`;

export interface Watchdog {
  /** Copy `copy` begins, and the time starts again. */
  readonly begin: (copy: number) => void;
  readonly stop: () => Promise<void>;
}

/**
 * Kills this process when one copy takes longer than `limitMs`, and names the copy on standard error. A second thread
 * does it, because nothing in this one can interrupt an endless loop, not even a timeout of Vitest.
 */
export function startWatchdog(label: string, limitMs: number): Watchdog {
  const shared = new SharedArrayBuffer(4);
  const step = new Int32Array(shared);
  const worker = new Worker(CODE, { eval: true, workerData: { shared, limitMs, label } });
  return {
    begin: (copy) => {
      Atomics.store(step, 0, copy);
      Atomics.notify(step, 0);
    },
    stop: async () => {
      await worker.terminate();
    },
  };
}
