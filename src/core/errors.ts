/** Exit codes of the command; see the README's table. */
export const EXIT = {
  done: 0,
  bug: 1,
  usage: 2,
  input: 3,
  output: 4,
  incomplete: 5,
  environment: 6,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * Something a person can mend: the message says what was being done, what was expected, what was found and what to
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

/** The reason of a failed read in one line. */
export function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}
