import type { ChildProcess } from 'node:child_process';
import { processStat } from '../../util/machine/process-stat.ts';

const CHECK_MS = 1_000;
/** The state of a process that a signal has stopped; see proc(5). */
const STOPPED = 'T';

/**
 * Continues a child whenever a signal has stopped it alone, until it ends. Nobody else would, and its images would wait
 * for the distant limit of their wall time. Does nothing where the system does not report the state of a process.
 */
export function continueStopped(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  const timer = setInterval(() => {
    if (processStat(pid)?.[0] === STOPPED) child.kill('SIGCONT');
  }, CHECK_MS).unref();
  child.once('exit', () => clearInterval(timer));
}
