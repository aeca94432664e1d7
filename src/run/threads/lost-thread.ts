import { EXIT, UserError } from '../../core/errors.ts';
import { hasErrno } from '../../util/files/errno.ts';

/** The error of a run whose thread `name` has ended unexpectedly. `cause`: what the thread threw, if anything. */
export function lostThread(name: string, cause: unknown): Error {
  const lost = `Cannot go on: ${name} has ended; no row is lost, the same command resumes`;
  if (hasErrno(cause, 'ERR_WORKER_OUT_OF_MEMORY'))
    return new UserError(EXIT.environment, `${lost}; it ran out of memory`);
  const error = new Error(lost);
  if (cause instanceof Error) error.stack = `${lost}\n${cause.stack}`;
  return error;
}
