import type { Options } from '../../config/resolve.ts';
import { EXIT, type ExitCode } from '../../core/errors.ts';
import { planText } from '../../report/plan.ts';
import { planJson } from '../../report/plan-json.ts';
import { planDownload } from '../../run/plan.ts';
import { printNotice } from './run-command.ts';

/** Width in columns if standard output is not a terminal. */
const DEFAULT_WIDTH = 100;

/** `laion-fetch plan <index...>`. */
export async function runPlan(options: Options, patterns: readonly string[]): Promise<ExitCode> {
  const plan = await planDownload(patterns, options, printNotice);
  const text = options.json ? `${planJson(plan)}\n` : planText(plan, process.stdout.columns ?? DEFAULT_WIDTH);
  process.stdout.write(text);
  return EXIT.done;
}
