import { checkOptions } from './check.ts';
import { readConfigFile } from './config-file.ts';
import { environmentLayer, type Layer, parseLayer } from './layer.ts';
import { OPTION_KEYS, OPTIONS, type OptionKey, type OptionValues, optionName } from './options/options.ts';
import { PRESETS } from './presets.ts';

/** Options that decide about others or about the place; they are not options of the run itself. */
type Outside = 'output' | 'preset' | 'config';

/** Every option of a run. Flags and environment are not consulted after this. */
export type Options = Omit<OptionValues, Outside | 'encodeQuality'> & {
  /** 0 to 100 for jpg and webp, 101 for lossless webp; 0 to 9, a compression level, for png. */
  readonly encodeQuality: number;
};

export interface ResolvedOptions {
  readonly options: Options;
  /** Null if no folder is named. */
  readonly output: string | null;
  /** Where the preset comes from, as `Setting.origin` says it; null without one. */
  readonly presetOrigin: string | null;
}

/**
 * Reads the config file that flags or environment name, if any, and resolves the options. `assumed` holds settings
 * that every other source overrules.
 */
export async function loadOptions(
  flags: Layer,
  environment: Readonly<Record<string, string | undefined>>,
  assumed: Layer = new Map(),
): Promise<ResolvedOptions> {
  const fromEnvironment = environmentLayer(environment);
  const { config = null } = { ...parseLayer(fromEnvironment), ...parseLayer(flags) };
  const fromFile = config === null ? new Map() : await readConfigFile(config);
  return resolveOptions([assumed, fromFile, fromEnvironment, flags]);
}

/**
 * Resolves the options from layers, of which later ones win.
 * @throws UserError for a bad value or a contradiction
 */
export function resolveOptions(layers: readonly Layer[]): ResolvedOptions {
  const said: Partial<OptionValues> = Object.assign({}, ...layers.map(parseLayer));
  const values = { ...DEFAULTS, ...(said.preset ? PRESETS[said.preset] : {}), ...said };
  checkOptions(values, { said, onCommandLine: new Set(layers.at(-1)?.keys()) });
  const { output, preset: _preset, config: _config, ...rest } = values;
  const options: Options = {
    ...rest,
    encodeQuality: encodeQuality(values),
    computeHash: said.computeHash ?? values.verifyHash?.algorithm ?? values.computeHash,
    // Three waits must fit into an attempt; otherwise a longer --timeout would have no effect.
    deadlineMs: said.deadlineMs ?? Math.max(values.deadlineMs, 3 * values.timeoutMs),
  };
  const origin = layers.findLast((layer) => layer.has('preset'))?.get('preset')?.origin;
  return { options, output, presetOrigin: said.preset ? (origin ?? null) : null };
}

function encodeQuality({ encodeFormat, encodeQuality }: OptionValues): number {
  if (encodeQuality === null) return encodeFormat === 'png' ? 6 : 95;
  return Math.min(encodeQuality, LOSSLESS);
}

/** The options that shape the dataset, by the names of their flags. JSON can hold them. */
export function datasetSettings(options: Options): Readonly<Record<string, unknown>> {
  const values: Readonly<Partial<Record<OptionKey, unknown>>> = options;
  return Object.fromEntries(DATASET_KEYS.map((key) => [optionName(key), values[key]]));
}

/** The options, with those that shape the dataset from `datasetSettings`. One that is missing there gets its default. */
export function withDatasetSettings(options: Options, settings: Readonly<Record<string, unknown>>): Options {
  const shaping = DATASET_KEYS.map((key): [OptionKey, unknown] => {
    const name = optionName(key);
    return [key, Object.hasOwn(settings, name) ? settings[name] : OPTIONS[key].default];
  });
  return { ...options, ...Object.fromEntries(shaping) };
}

/** Quality of lossless webp. img2dataset takes any quality above 100 for it. */
const LOSSLESS = 101;

const DATASET_KEYS = OPTION_KEYS.filter((key) => 'dataset' in OPTIONS[key]);

const DEFAULTS = Object.fromEntries(OPTION_KEYS.map((key) => [key, OPTIONS[key].default])) as OptionValues;
