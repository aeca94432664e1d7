import type { Options } from '../../config/resolve.ts';
import { EXIT, type ExitCode } from '../../core/errors.ts';
import { inspectJson, inspectText } from '../../report/inspect.ts';
import { inspectIndex } from '../../run/inspect.ts';
import { printNotice } from './run-command.ts';

/** Width in columns if standard output is not a terminal. */
const DEFAULT_WIDTH = 100;

/** `laion-fetch inspect <index...>`. */
export async function runInspect(options: Options, patterns: readonly string[]): Promise<ExitCode> {
  const files = await inspectIndex(patterns, options, printNotice);
  const text = options.json
    ? `${inspectJson(files)}\n`
    : inspectText(files, process.stdout.columns ?? DEFAULT_WIDTH);
  process.stdout.write(text);
  return EXIT.done;
}
