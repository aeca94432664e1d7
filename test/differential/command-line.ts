import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Case, DocumentedLine } from './cases.ts';
import { writeIndex } from './write-index.ts';

/** The arguments of both tools, which run in the case's folder, and the folder below it for the dataset. */
export interface CommandLine {
  readonly args: readonly string[];
  readonly output: string;
}

/** Writes a case's index into the folder and returns the command line for it. */
export async function prepare(testCase: Case, folder: string, base: string): Promise<CommandLine> {
  const { index, inputFormat = 'parquet', flags = [], documented } = testCase;
  const selects = index.map((select) => select.replaceAll('BASE', base));
  if (documented) {
    await writeIndex(join(folder, documented.list), selects, inputFormat);
    return { args: splitLine(documented), output: documented.output };
  }
  const list = await writeIndex(join(folder, 'index'), selects, inputFormat);
  const common =
    '--output_folder out --output_format webdataset --processes_count 1 --thread_count 16 --retries 0 ' +
    '--timeout 10 --enable_wandb False';
  return {
    args: ['--url_list', list, '--input_format', inputFormat, ...common.split(' '), ...flags],
    output: 'out',
  };
}

/** The words of a line, split as the shell splits it. Without the cluster that it names: `npm run ray-check` has one. */
function splitLine({ line }: DocumentedLine): string[] {
  const script = `img2dataset() { printf '%s\\0' "$@"; }\n${line}`;
  const words = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
  return words.filter((word) => word !== '--distributor=ray');
}

/** Flags that do not change the dataset but let a small machine record it; img2dataset uses the last value of a flag. */
const SMALL = ['--processes_count', '1', '--enable_wandb', 'False', '--distributor', 'multiprocessing'];
/** img2dataset's README has this flag, but 1.47.0, the newest version on PyPI, does not. */
const isKnown = (word: string): boolean => !word.startsWith('--ignore_ssl_certificate');

/** The arguments with which img2dataset makes the same dataset on a small machine. */
export const inOneProcess = (args: readonly string[]): string[] => args.filter(isKnown).concat(SMALL);

/** For img2dataset's environment: otherwise Albumentations and wandb would contact their servers. */
export const OFFLINE = { NO_ALBUMENTATIONS_UPDATE: '1', WANDB_MODE: 'disabled' } as const;
