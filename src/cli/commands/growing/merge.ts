import type { Options } from '../../../config/resolve.ts';
import { EXIT, type ExitCode } from '../../../core/errors.ts';
import { mergerJson, mergerText, shardsDone } from '../../../report/growing.ts';
import { merge } from '../../../run/merge.ts';

export interface MergeFlags {
  readonly renumber?: boolean;
}

interface MergeWords {
  readonly output: string;
  readonly sources: readonly string[];
  readonly own: MergeFlags;
  readonly onNotice: (message: string) => void;
}

/** `laion-fetch merge <output> <datasets...>`. */
export async function runMerge(
  options: Options,
  { output, sources, own, onNotice }: MergeWords,
): Promise<ExitCode> {
  const onShard = options.quiet ? {} : { onShard: shardsDone(process.stderr) };
  const merger = await merge({
    output,
    sources,
    options,
    renumber: own.renumber ?? false,
    onNotice,
    ...onShard,
  });
  if (options.json) process.stdout.write(`${mergerJson(merger)}\n`);
  else if (!options.quiet) process.stderr.write(`${mergerText(merger)}\n`);
  return EXIT.done;
}
