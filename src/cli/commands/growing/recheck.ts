import type { Layer } from '../../../config/layer.ts';
import { loadOptions } from '../../../config/resolve.ts';
import { EXIT, type ExitCode } from '../../../core/errors.ts';
import { recheckJson, recheckText } from '../../../report/dataset/recheck.ts';
import { rightsSettings } from '../../../run/rights/rights-settings.ts';
import { showRun } from '../show-run.ts';

export interface RecheckFlags {
  readonly remove?: boolean;
}

interface RecheckWords {
  readonly output: string;
  readonly own: RecheckFlags;
}

/** `laion-fetch recheck <output> [--remove]`: what owners say now, on standard output. */
export async function runRecheck(
  flags: Layer,
  environment: Readonly<Record<string, string | undefined>>,
  { output, own }: RecheckWords,
): Promise<ExitCode> {
  const { options } = await loadOptions(flags, environment, await rightsSettings(output));
  const { summary, exitCode } = await showRun(options, true, async (hooks) => {
    const { recheck } = await import('../../../run/rights/recheck.ts');
    return recheck({ options, output, removes: own.remove ?? false, ...hooks });
  });
  process.stdout.write(options.json ? `${recheckJson(summary)}\n` : recheckText(summary));
  return exitCode ?? EXIT.done;
}
