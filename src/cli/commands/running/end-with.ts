import { usageError } from '../../../core/errors.ts';
import { runningProcess } from '../../../util/machine/running-process.ts';

const POLL_MS = 500;

/**
 * Ends this process as soon as one of these has ended, as `--end-with` asks: what a scheduler started must not outlive it,
 * since the scheduler then starts the same work elsewhere. Nothing is finished first; the journal of each open shard has
 * what is settled. Works where the system tells no child that its parent has ended.
 */
export function endWith(pids: readonly number[]): void {
  if (pids.length === 0) return;
  const watched = pids.map((pid) => ({ pid, named: runningProcess(pid) }));
  for (const { pid, named } of watched)
    if (named === null)
      throw usageError(`--end-with: expected a running process, found none with number ${pid}`);
  setInterval(() => {
    if (watched.every(({ pid, named }) => runningProcess(pid) === named)) return;
    process.kill(process.pid, 'SIGKILL');
  }, POLL_MS).unref();
}
