import type { ChildProcess } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';

const READY_MS = 30_000;

export interface StoreServer {
  readonly endpoint: string;
  /** Variables with which the SDK finds the server. */
  readonly env: Readonly<Record<string, string>>;
  /** Makes an empty bucket and returns its name. */
  newBucket(): Promise<string>;
  stop(): Promise<void>;
}

/** Waits until a server that was started answers. */
export async function untilReady(child: ChildProcess, ask: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  for (;;) {
    const failure = await ask().then(
      () => null,
      (error: unknown) => error,
    );
    if (failure === null) return;
    if (child.exitCode !== null || performance.now() - start > READY_MS) {
      throw new Error(`The server has not started (exit code ${child.exitCode}): ${String(failure)}`);
    }
    await setTimeout(50);
  }
}
