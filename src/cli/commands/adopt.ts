import type { Layer, Setting } from '../../config/layer.ts';
import type { OptionKey } from '../../config/options/options.ts';
import { loadOptions } from '../../config/resolve.ts';
import { EXIT, type ExitCode, usageError } from '../../core/errors.ts';
import { adoptionJson, adoptionText, leftLine } from '../../report/adopt.ts';
import { detectFormat } from '../../run/adopt/found-shards.ts';
import { adopt } from '../../run/adopt.ts';
import { printNotice } from './run-command.ts';

/** What stands on the command line of `adopt` beside its options. */
export interface AdoptWords {
  readonly output: string | null;
  readonly index: readonly string[];
}

/**
 * `laion-fetch adopt <output>`, or `adopt` before a whole command line of img2dataset, where `--output_folder` names the
 * dataset. Exit code 5 if a finished shard is not adopted.
 */
export async function runAdopt(
  words: AdoptWords,
  flags: Layer,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ExitCode> {
  const named = flags.get('output')?.text ?? null;
  const output = named ?? words.output;
  if (output === null)
    throw usageError('expected the folder of a dataset: laion-fetch adopt <output>, got none');
  const index = named === null || words.output === null ? words.index : [words.output, ...words.index];
  const { options } = await loadOptions(flags, environment, await img2datasetLayer(output));
  const left: { readonly shard: string; readonly reason: string }[] = [];
  const adoption = await adopt({
    options,
    output,
    index: index.length === 0 ? null : index,
    onLeft: (shard, reason) => {
      left.push({ shard, reason });
      if (!options.json) process.stdout.write(`${leftLine(shard, reason)}\n`);
    },
    onNotice: printNotice,
  });
  process.stdout.write(`${options.json ? adoptionJson(adoption, left) : adoptionText(adoption)}\n`);
  return adoption.refused === 0 ? EXIT.done : EXIT.incomplete;
}

/** img2dataset's defaults, with the format of the dataset that it wrote. */
async function img2datasetLayer(output: string): Promise<Layer> {
  const format = await detectFormat(output);
  const origin = `the files in ${output}`;
  return new Map<OptionKey, Setting>([
    ['preset', { text: 'img2dataset', origin }],
    ...(format === null ? [] : [['outputFormat', { text: format, origin }] as const]),
  ]);
}
