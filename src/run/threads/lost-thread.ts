import { EXIT, UserError } from '../../core/errors.ts';
import { hasErrno } from '../../util/files/errno.ts';

/** Why the run cannot go on after one of its threads, known by `name`, has ended before its time. */
export function lostThread(name: string, cause: unknown): Error {
  const lost = `Cannot go on: ${name} has ended; no row is lost, the same command resumes`;
  if (hasErrno(cause, 'ERR_WORKER_OUT_OF_MEMORY'))
    return new UserError(EXIT.environment, `${lost}; it ran out of memory`);
  const error = new Error(lost);
  if (cause instanceof Error) error.stack = `${lost}\n${cause.stack}`;
  return error;
}
