import { hasErrno } from '../util/files/errno.ts';

/** Exit codes of the command; see the README's table. */
export const EXIT = {
  done: 0,
  bug: 1,
  usage: 2,
  input: 3,
  output: 4,
  incomplete: 5,
  environment: 6,
  /** Another run holds the output. */
  busy: 7,
  interrupted: 130,
  terminated: 143,
} as const;

/** What each exit code means, for the manual. */
export const EXIT_MEANINGS: Readonly<Record<ExitCode, string>> = {
  0: 'Done.',
  1: 'A bug of the program, or a shard that has ended five machines (--queue).',
  2: 'A mistake on the command line, in a variable or in a config file.',
  3: 'The index cannot be read or has no rows, or a queue refuses the password.',
  4: 'The output cannot be written.',
  5: 'The success ratio is below --fail-under, or verify has findings.',
  6: 'The network, the name server or the memory of this machine cannot do the work.',
  7: 'Another run is writing to the output.',
  130: 'Interrupted; the same command resumes.',
  143: 'Terminated; the same command resumes.',
};

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * A problem that the user can fix. The message says what was being done, what was expected, what was found and what to
 * do. Printed as one line without a stack; `exitCode` becomes the exit code of the command.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

export const usageError = (message: string): UserError => new UserError(EXIT.usage, message);
export const inputError = (message: string, cause?: unknown): UserError =>
  new UserError(EXIT.input, message, { cause });
export const outputError = (message: string, cause?: unknown): UserError =>
  new UserError(EXIT.output, message, { cause });

/** What an error tells the user: a UserError as it is, or that a limit of the machine is too low. Null for a bug. */
export function toUserError(error: unknown): UserError | null {
  if (error instanceof UserError) return error;
  const memoryError = toMemoryError(error);
  if (memoryError !== null) return memoryError;
  if (!hasErrno(error, 'EMFILE', 'ENFILE')) return null;
  const remedy = 'raise the limit (ulimit -n 1024) and run the same command again';
  return new UserError(
    EXIT.environment,
    `Cannot go on: the open-file limit is too low (${error.code}); ${remedy}`,
    { cause: error },
  );
}

/** What V8 throws where the system grants no memory or address space, for the user; null for any other error. */
export function toMemoryError(error: unknown): UserError | null {
  if (!(error instanceof RangeError)) return null;
  const found = /^(?:WebAssembly\..*memory|Array buffer allocation failed)/i.exec(error.message)?.[0];
  if (found === undefined) return null;
  const remedy = found.startsWith('W')
    ? 'start Node with --disable-wasm-trap-handler, or raise the limit on address space (ulimit -v unlimited)'
    : 'allow more, or lower --concurrency and --decoders';
  return new UserError(
    EXIT.environment,
    `Cannot go on: the system grants no more memory (${oneLine(error)}); ${remedy}; no row is lost, the same command resumes`,
    { cause: error },
  );
}

/** The first line of an error's message. */
export function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}
