import { checkOptions } from './check.ts';
import { readConfigFile } from './config-file.ts';
import { environmentLayer, type Layer, parseLayer } from './layer.ts';
import { OPTION_KEYS, OPTIONS, type OptionKey, type OptionValues, optionName } from './options/options.ts';
import { PRESETS } from './presets.ts';

/** Options that determine other options or the place of the dataset. They are not options of the run itself. */
type Outside = 'output' | 'preset' | 'config';

/** Every option of a run. After this, nothing reads flags or environment. */
export type Options = Omit<OptionValues, Outside | 'encodeQuality'> & {
  /** 0 to 100 for jpg and webp, 101 for lossless webp; 0 to 9, a compression level, for png. */
  readonly encodeQuality: number;
};

export interface ResolvedOptions {
  readonly options: Options;
  /** Null if no folder is named. */
  readonly output: string | null;
  /** Source of the preset, in the form of `Setting.origin`; null without a preset. */
  readonly presetOrigin: string | null;
}

/**
 * Reads the config file named by flags or environment, if any, and resolves the options. Every other source overrides
 * the settings in `assumed`.
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
 * Resolves the options from layers. Later layers override earlier ones.
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
    // An attempt must have time for three waits; otherwise a longer --timeout would have no effect.
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

/** The options, with those that shape the dataset from `datasetSettings`. If one is missing there, it has its default. */
export function withDatasetSettings(options: Options, settings: Readonly<Record<string, unknown>>): Options {
  const shaping = DATASET_KEYS.map((key): [OptionKey, unknown] => {
    const name = optionName(key);
    return [key, Object.hasOwn(settings, name) ? settings[name] : OPTIONS[key].default];
  });
  return { ...options, ...Object.fromEntries(shaping) };
}

/** The quality that means lossless webp. img2dataset treats any quality above 100 so. */
const LOSSLESS = 101;

const DATASET_KEYS = OPTION_KEYS.filter((key) => 'dataset' in OPTIONS[key]);

const DEFAULTS = Object.fromEntries(OPTION_KEYS.map((key) => [key, OPTIONS[key].default])) as OptionValues;
