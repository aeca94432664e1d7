import type { Options } from '../config/resolve.ts';
import { EXIT, type ExitCode } from '../core/errors.ts';
import { verifyJson, verifyText } from '../report/verify.ts';
import { verifyOutput } from '../run/verify.ts';

/** Flags of `verify` alone. */
export interface VerifyFlags {
  readonly deep?: boolean;
}

/** `laion-fetch verify <output>`: prints what is wrong with a dataset; exit code 5 where anything is. */
export async function runVerify(
  { json, decoders }: Options,
  output: string,
  { deep = false }: VerifyFlags,
): Promise<ExitCode> {
  const report = await verifyOutput({ output, deep, decoders });
  process.stdout.write(`${json ? verifyJson(output, report) : verifyText(output, report)}\n`);
  return report.faults.length === 0 ? EXIT.done : EXIT.incomplete;
}
