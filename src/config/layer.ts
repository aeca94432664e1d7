import { usageError } from '../core/errors.ts';
import {
  environmentName,
  OPTION_KEYS,
  type OptionKey,
  type OptionValues,
  optionSpec,
} from './options/options.ts';

/** The text that one source gives for an option, not yet parsed. */
export interface Setting {
  readonly text: string;
  /** How messages name it: `--image-size`, `LAION_FETCH_IMAGE_SIZE`, `image_size in run.json`. */
  readonly origin: string;
}

/** The settings of one source: the flags, the environment or the config file. */
export type Layer = ReadonlyMap<OptionKey, Setting>;

/** The layer of the `LAION_FETCH_*` variables. An empty variable counts as not set. */
export function environmentLayer(environment: Readonly<Record<string, string | undefined>>): Layer {
  return new Map(
    OPTION_KEYS.flatMap((key): [OptionKey, Setting][] => {
      const origin = environmentName(key);
      const text = environment[origin];
      return text ? [[key, { text, origin }]] : [];
    }),
  );
}

/** Values of a layer's options. Throws a UserError for the first invalid one. */
export function parseLayer(layer: Layer): Partial<OptionValues> {
  return Object.fromEntries([...layer].map(([key, setting]) => [key, parseSetting(key, setting)]));
}

function parseSetting(key: OptionKey, { text, origin }: Setting): unknown {
  const { type } = optionSpec(key);
  const value = type.parse(text);
  const found = type.isSecret ? 'something else' : `'${text}'`;
  if (value === undefined) throw usageError(`${origin}: expected ${type.expects}, got ${found}`);
  return value;
}
