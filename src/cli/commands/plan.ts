import type { Options } from '../../config/resolve.ts';
import { EXIT, type ExitCode, usageError } from '../../core/errors.ts';
import { planText } from '../../report/plan.ts';
import { planJson } from '../../report/plan-json.ts';
import { planDownload } from '../../run/plan.ts';
import { printNotice } from './run-command.ts';

/** Width in columns if standard output is not a terminal. */
const DEFAULT_WIDTH = 100;

export interface PlanFlags {
  readonly machines?: string;
}

/** `laion-fetch plan <index...>`. */
export async function runPlan(
  options: Options,
  patterns: readonly string[],
  { machines }: PlanFlags = {},
): Promise<ExitCode> {
  const plan = await planDownload(patterns, options, printNotice, { machines: countOf(machines) });
  const text = options.json ? `${planJson(plan)}\n` : planText(plan, process.stdout.columns ?? DEFAULT_WIDTH);
  process.stdout.write(text);
  return EXIT.done;
}

function countOf(machines: string | undefined): number | null {
  if (machines === undefined) return null;
  if (/^[1-9]\d{0,5}$/.test(machines)) return Number(machines);
  throw usageError(`--machines: expected a number of machines from 1 to 999999, got '${machines}'`);
}
