import { CommanderError } from 'commander';
import { EXIT, type ExitCode, toUserError } from '../../core/errors.ts';
import { wrapWords } from '../../report/wrap.ts';
import { hasErrno } from '../../util/files/errno.ts';
import { terminalJson } from '../../util/text/terminal-json.ts';
import { sanitizeText } from '../../util/text/terminal-text.ts';
import { VERSION } from '../../util/version.ts';
import { annotation, isGithubAction } from './annotation.ts';

const MAX_MESSAGE_LENGTH = 2000;

/**
 * Runs a command and turns any error into a message on standard error and an exit code; with `isJson`, into a JSON
 * document on standard output as well. The caller sets `process.exitCode` and lets the process end by itself, so that output is flushed.
 */
export async function runCommand(command: () => Promise<ExitCode>, isJson = false): Promise<ExitCode> {
  const explain = (error: unknown): ExitCode => {
    const { message, exitCode } = describe(error);
    if (message === null) return exitCode;
    printError(message, exitCode);
    if (isJson) process.stdout.write(`${errorJson(message, exitCode)}\n`);
    return exitCode;
  };
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

/** Prints one line on standard error, after making it safe for a terminal, and wraps it there. */
export function printNotice(message: string): void {
  const line = `laion-fetch: ${sanitizeText(message.replace(/\s*\n\s*/g, ' '), MAX_MESSAGE_LENGTH)}`;
  const { isTTY, columns } = process.stderr;
  // A terminal would break the line within a word.
  const lines = isTTY && columns > 0 ? wrapWords(line, columns - 3) : [line];
  process.stderr.write(`${lines.join('\n  ')}\n`);
}

function stackOf(error: unknown): string {
  return (error instanceof Error ? error.stack : undefined) ?? String(error);
}

/** The message for the user, null if there is nothing to say. Prints the stack of a bug. */
function describe(error: unknown): { readonly message: string | null; readonly exitCode: ExitCode } {
  if (error instanceof CommanderError && error.exitCode === 0) return { message: null, exitCode: EXIT.done };
  const userError = toUserError(error);
  if (userError !== null) return userError;
  for (const line of stackOf(error).split('\n')) {
    process.stderr.write(`${sanitizeText(line, MAX_MESSAGE_LENGTH)}\n`);
  }
  const message = `this is a bug in laion-fetch ${VERSION}; please report it with the lines above`;
  return { message, exitCode: EXIT.bug };
}

/** Says why the command fails, in GitHub Actions also as an annotation. */
export function printError(message: string, exitCode: ExitCode): void {
  printNotice(message);
  if (isGithubAction(process.env)) {
    const title = `laion-fetch failed with exit code ${exitCode}`;
    process.stderr.write(`${annotation({ level: 'error', title, message })}\n`);
  }
}

/** What `--json` prints in place of a result. */
function errorJson(message: string, exitCode: ExitCode): string {
  return terminalJson({ error: { message, exit_code: exitCode } });
}
