import { EXIT, type ExitCode } from '../../core/errors.ts';
import { doctorJson, doctorText } from '../../report/doctor.ts';
import { type DoctorRequest, diagnose } from '../../run/doctor.ts';

/** `laion-fetch doctor`: prints whether this machine is ready for a run; exit code 6 if it is not. */
export async function runDoctor(request: DoctorRequest): Promise<ExitCode> {
  const findings = await diagnose(request);
  process.stdout.write(`${request.options.json ? doctorJson(findings) : doctorText(findings)}\n`);
  return findings.some(({ verdict }) => verdict === 'fail') ? EXIT.environment : EXIT.done;
}
