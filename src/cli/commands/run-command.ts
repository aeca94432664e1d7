import { CommanderError } from 'commander';
import { EXIT, type ExitCode, toUserError } from '../../core/errors.ts';
import { hasErrno } from '../../util/files/errno.ts';
import { sanitizeText } from '../../util/text/terminal-text.ts';
import { VERSION } from '../../util/version.ts';

const MAX_MESSAGE_LENGTH = 2000;

/**
 * Runs a command and turns any error into a message on standard error and an exit code. The caller sets
 * `process.exitCode` and lets the process end by itself, so that output is flushed.
 */
export async function runCommand(command: () => Promise<ExitCode>): Promise<ExitCode> {
  process.stdout.on('error', (error) => {
    // A reader such as `head` may leave early, which is not an error.
    if (hasErrno(error, 'EPIPE')) return;
    printNotice(`Cannot write the result to standard output: ${error.message}`);
    process.once('exit', () => {
      process.exitCode = EXIT.output;
    });
  });
  // If standard error cannot be written, there is nowhere to report it.
  process.stderr.on('error', () => {});
  // Node would print the error unchanged, with all its URLs.
  process.once('uncaughtException', (error) => process.exit(explain(error)));
  try {
    return await command();
  } catch (error) {
    return explain(error);
  }
}

/** Prints one line on standard error, after making it safe for a terminal. */
export function printNotice(message: string): void {
  process.stderr.write(
    `laion-fetch: ${sanitizeText(message.replace(/\s*\n\s*/g, ' '), MAX_MESSAGE_LENGTH)}\n`,
  );
}

function stackOf(error: unknown): string {
  return (error instanceof Error ? error.stack : undefined) ?? String(error);
}

function explain(error: unknown): ExitCode {
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
  const userError = toUserError(error);
  if (userError !== null) {
    printNotice(userError.message);
    return userError.exitCode;
  }
  for (const line of stackOf(error).split('\n')) {
    process.stderr.write(`${sanitizeText(line, MAX_MESSAGE_LENGTH)}\n`);
  }
  printNotice(`this is a bug in laion-fetch ${VERSION}; please report it with the lines above`);
  return EXIT.bug;
}
