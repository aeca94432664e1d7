import type { Options } from '../../../config/resolve.ts';
import { EXIT, type ExitCode } from '../../../core/errors.ts';
import { attributionJson, attributionText } from '../../../report/growing.ts';
import { attribution } from '../../../run/attribution.ts';
import { printNotice } from '../run-command.ts';

/** `laion-fetch attribution <output>`. */
export async function runAttribution(options: Options, output: string): Promise<ExitCode> {
  const attributed = await attribution({ output, options, onNotice: printNotice });
  if (options.json) process.stdout.write(`${attributionJson(attributed)}\n`);
  else if (!options.quiet) process.stderr.write(`${attributionText(attributed)}\n`);
  return EXIT.done;
}
