import type { Options } from '../../../config/resolve.ts';
import { EXIT, type ExitCode, usageError } from '../../../core/errors.ts';
import { removalJson, removalText } from '../../../report/growing.ts';
import { printNotice } from '../run-command.ts';

export interface RemoveFlags {
  readonly urls?: string[];
}

/** `laion-fetch remove <output> --urls <file...>`. */
export async function runRemove(options: Options, output: string, { urls }: RemoveFlags): Promise<ExitCode> {
  if (urls === undefined) throw usageError('remove: expected --urls FILE with what to remove, got none');
  const { remove } = await import('../../../run/remove.ts');
  const removal = await remove({ options, output, lists: urls, onNotice: printNotice });
  if (options.json) process.stdout.write(`${removalJson(removal)}\n`);
  else if (!options.quiet) process.stderr.write(`${removalText(removal)}\n`);
  return EXIT.done;
}
