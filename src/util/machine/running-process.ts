import { hasErrno } from '../files/errno.ts';
import { processStat } from './process-stat.ts';

/** Names one process, even after its number has gone to another. Null if it has ended, reaped or not. */
export function runningProcess(pid: number): string | null {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!hasErrno(error, 'EPERM')) return null;
  }
  const stat = processStat(pid);
  if (stat === null) return `${pid}`;
  const [state = ''] = stat;
  // Ended, but its parent has not asked how.
  if ('ZX'.includes(state)) return null;
  return `${pid} ${stat[19]}`;
}
