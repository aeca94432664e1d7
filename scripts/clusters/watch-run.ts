import type { ChildProcess } from 'node:child_process';

/** A command under way. */
interface WatchedRun {
  readonly pid: number;
  /** Its exit code, and what it wrote on standard error. */
  readonly result: Promise<{ readonly code: number | null; readonly said: string }>;
}

/** Collects what a process says until it ends. Its standard error is a pipe. */
export function watchRun(child: ChildProcess): WatchedRun {
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const result = new Promise<{ code: number | null; said: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, said }));
  });
  return { pid: child.pid ?? 0, result };
}
