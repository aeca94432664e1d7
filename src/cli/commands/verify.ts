import type { Options } from '../../config/resolve.ts';
import { EXIT, type ExitCode } from '../../core/errors.ts';
import { verifyJson, verifyText } from '../../report/verify.ts';
import { verifyOutput } from '../../run/verify.ts';

/** Flags that only `verify` has. */
export interface VerifyFlags {
  readonly deep?: boolean;
  readonly repair?: boolean;
  readonly index?: readonly string[];
}

/** `laion-fetch verify <output>`: prints the findings about a dataset; exit code 5 if there are any. */
export async function runVerify(
  options: Options,
  output: string,
  { deep = false, repair = false, index = [] }: VerifyFlags,
): Promise<ExitCode> {
  const named = index.length === 0 ? null : index;
  const report = await verifyOutput({ output, options, decodeImages: deep, repair, index: named });
  process.stdout.write(`${options.json ? verifyJson(output, report) : verifyText(output, report)}\n`);
  return report.findings.length === 0 ? EXIT.done : EXIT.incomplete;
}
