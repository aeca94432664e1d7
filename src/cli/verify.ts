import { EXIT, type ExitCode } from '../core/errors.ts';
import { verifyJson, verifyText } from '../report/verify.ts';
import { verifyOutput } from '../run/verify.ts';

/** `laion-fetch verify <output>`: prints what is wrong with a dataset; exit code 5 where anything is. */
export async function runVerify(output: string, { json }: { readonly json: boolean }): Promise<ExitCode> {
  const report = await verifyOutput(output);
  process.stdout.write(`${json ? verifyJson(output, report) : verifyText(output, report)}\n`);
  return report.faults.length === 0 ? EXIT.done : EXIT.incomplete;
}
