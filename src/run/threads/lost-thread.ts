import { EXIT, UserError } from '../../core/errors.ts';

/** Why the run cannot go on after one of its threads, known by `name`, has ended before its time. */
export function lostThread(name: string, cause: unknown): Error {
  const lost = `Cannot go on: ${name} has ended; no row is lost, the same command resumes`;
  const isOutOfMemory =
    cause instanceof Error && 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY';
  if (isOutOfMemory) return new UserError(EXIT.environment, `${lost}; it ran out of memory`);
  const error = new Error(lost);
  if (cause instanceof Error) error.stack = `${lost}\n${cause.stack}`;
  return error;
}
