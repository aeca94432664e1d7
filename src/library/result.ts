import { EXIT, type ExitCode, toUserError } from '../core/errors.ts';
import { inCode } from './wording.ts';

/**
 * Why a call failed, by the names of the command's exit codes. `usage`: a wrong option; `input`: an unreadable index;
 * `output`: a dataset that cannot be written; `environment`: a machine that cannot do the work; `busy`: another run writes to the same folder.
 */
export type ErrorCode = 'usage' | 'input' | 'output' | 'environment' | 'busy';

/** The call could not do its work; there is nothing to report but the reason. */
export interface Failure {
  readonly ok: false;
  readonly code: ErrorCode;
  /** Exit code of the command in the same case. */
  readonly exitCode: number;
  /** What was being done, what was expected, what was found, and what to do. */
  readonly message: string;
  readonly interrupted: false;
}

/** The call did its work, but the result is not as it should be; `code` says why. */
export interface Shortfall<Code extends 'incomplete' | 'interrupted'> {
  readonly ok: false;
  readonly code: Code;
  readonly exitCode: number;
  readonly message: string;
  readonly interrupted: Code extends 'interrupted' ? true : false;
}

/** The call did everything it should. */
export interface Success {
  readonly ok: true;
  readonly exitCode: 0;
  readonly interrupted: false;
}

const CODES: ReadonlyMap<ExitCode, ErrorCode> = new Map([
  [EXIT.usage, 'usage'],
  [EXIT.input, 'input'],
  [EXIT.output, 'output'],
  [EXIT.environment, 'environment'],
  [EXIT.busy, 'busy'],
]);

/** Runs a call and turns errors that a user can correct into values. Only bugs are thrown. */
export async function settle<Result>(call: () => Promise<Result>): Promise<Result | Failure> {
  try {
    return await call();
  } catch (error) {
    const userError = toUserError(error);
    const code = userError && CODES.get(userError.exitCode);
    if (!userError || !code) throw error;
    const { exitCode, message } = userError;
    return { ok: false, code, exitCode, message: inCode(message), interrupted: false };
  }
}

/** The same for a call that has nothing to report once `signal` is aborted. */
export async function settleUnlessAborted<Result>(
  message: string,
  signal: AbortSignal | undefined,
  call: () => Promise<Result>,
): Promise<Result | Failure | Shortfall<'interrupted'>> {
  try {
    signal?.throwIfAborted();
    return await settle(call);
  } catch (error) {
    if (signal?.aborted) return interrupted(message);
    throw error;
  }
}

export const succeeded: Success = { ok: true, exitCode: EXIT.done, interrupted: false };

const interrupted = (message: string): Shortfall<'interrupted'> => ({
  ok: false,
  code: 'interrupted',
  exitCode: EXIT.interrupted,
  message,
  interrupted: true,
});

export const incomplete = (message: string): Shortfall<'incomplete'> => ({
  ok: false,
  code: 'incomplete',
  exitCode: EXIT.incomplete,
  message,
  interrupted: false,
});

/** The result of a call that fetches. `Summary` is its outcome, whether or not that is enough. */
export type FetchingResult<Summary> =
  | (Success & Summary)
  | (Shortfall<'incomplete'> & Summary)
  | (Shortfall<'interrupted'> & Summary)
  | Failure;

/** The result of a call whose work is its result; `stopped` is the message if it was interrupted. */
export function completed<Summary>(
  summary: Summary,
  isInterrupted: boolean,
  stopped: string,
): (Success & Summary) | (Shortfall<'interrupted'> & Summary) {
  return isInterrupted ? { ...interrupted(stopped), ...summary } : { ...succeeded, ...summary };
}

/** Judges a call that fetches; `stopped` is the message if it was interrupted. */
export function conclude<Summary extends { readonly successRatio: number }>(
  summary: Summary,
  isInterrupted: boolean,
  stopped: string,
  failUnder: number,
): FetchingResult<Summary> {
  if (isInterrupted) return { ...interrupted(stopped), ...summary };
  const { successRatio } = summary;
  if (successRatio >= failUnder) return { ...succeeded, ...summary };
  const message = `The success ratio is ${successRatio}, below failUnder (${failUnder})`;
  return { ...incomplete(message), ...summary };
}
