import { join } from 'node:path';
import type { Case } from './cases.ts';
import { writeIndex } from './write-index.ts';

/** Writes a case's index into the folder and gives the command line that both tools are run with there. */
export async function commandLine(
  { index, inputFormat = 'parquet', flags }: Case,
  folder: string,
  base: string,
): Promise<string[]> {
  const selects = index.map((select) => select.replaceAll('BASE', base));
  const list = await writeIndex(join(folder, 'index'), selects, inputFormat);
  const common =
    '--output_folder out --output_format webdataset --processes_count 1 --thread_count 16 --retries 0 ' +
    '--timeout 10 --enable_wandb False';
  return ['--url_list', list, '--input_format', inputFormat, ...common.split(' '), ...flags];
}
