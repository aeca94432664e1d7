import { type ExitCode, toUserError, UserError } from '../../core/errors.ts';

/** An error in a form that can be sent to another thread, where it would lose its class. */
export interface ThreadError {
  readonly message: string;
  readonly stack: string | undefined;
  /** Null if it is not a UserError. */
  readonly exitCode: ExitCode | null;
}

export function toThreadError(error: unknown): ThreadError {
  if (!(error instanceof Error)) return { message: String(error), stack: undefined, exitCode: null };
  const { message, stack } = error;
  const userError = toUserError(error);
  return userError === null
    ? { message, stack, exitCode: null }
    : { message: userError.message, stack, exitCode: userError.exitCode };
}

export function fromThreadError({ message, stack, exitCode }: ThreadError): Error {
  const error = exitCode === null ? new Error(message) : new UserError(exitCode, message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
