import { isFlag, OPTION_KEYS, optionName, optionSpec } from '../../config/options/options.ts';
import { datasetSettings, resolveOptions } from '../../config/resolve.ts';
import { quoteForShell } from '../../util/text/quote-for-shell.ts';
import type { ManifestRun } from './manifest.ts';

/** The command line that resumes a run. Options that do not affect the dataset are missing: the manifest has none. */
export function resumeCommand(output: string, { inputs, options }: ManifestRun): string {
  const defaults = datasetSettings(resolveOptions([]).options);
  const words = ['laion-fetch', ...inputs.map(({ name }) => name), '--output', output];
  for (const key of OPTION_KEYS) {
    const name = optionName(key);
    if (!optionSpec(key).dataset || !Object.hasOwn(options, name)) continue;
    const value = options[name];
    if (value === null || JSON.stringify(value) === JSON.stringify(defaults[name])) continue;
    if (isFlag(key)) words.push(value ? `--${name}` : `--no-${name}`);
    else words.push(`--${name}`, textOf(value));
  }
  return words.map(quoteForShell).join(' ');
}

/** A value in the form that a flag takes. */
function textOf(value: unknown): string {
  if (value === false) return 'none';
  if (Array.isArray(value)) return JSON.stringify(value);
  if (value instanceof Object && 'column' in value && 'algorithm' in value)
    return `${value.column}:${value.algorithm}`;
  return String(value);
}

/** The command line that tries failed rows of a dataset again. */
export const retryCommand = (output: string): string => `laion-fetch retry ${quoteForShell(output)}`;

/** The command line that merged these runs, and writes missing shards of them again. */
export function mergeCommand(output: string, runs: readonly ManifestRun[]): string {
  const merged = runs.flatMap((run) => (run.merged === undefined ? [] : [run.merged]));
  const isRenumbered = merged.some(({ renumbered }) => renumbered);
  const words = [output, ...new Set(merged.map(({ from }) => from)), ...(isRenumbered ? ['--renumber'] : [])];
  return ['laion-fetch', 'merge', ...words].map(quoteForShell).join(' ');
}

/** The command line that takes over a dataset of img2dataset. */
export const adoptCommand = (output: string): string =>
  `laion-fetch adopt ${quoteForShell(output)} --input <index>`;
