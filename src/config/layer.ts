import { usageError } from '../core/errors.ts';
import { nearest } from '../util/text/nearest.ts';
import { findFlag } from './legacy/flag-names.ts';
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

const PREFIX = 'LAION_FETCH_';
/** Variables with our prefix that are no options: of the Python package and of our tests. */
const OTHER_VARIABLES = ['BIN', 'FAULTS', 'PYTHON', 'STRAY_ROWS'];

/** A line about each variable with our prefix that is none of ours, with the nearest right one. */
export function unknownVariables(environment: Readonly<Record<string, string | undefined>>): string[] {
  const known = OPTION_KEYS.map((key) => environmentName(key).slice(PREFIX.length));
  return Object.keys(environment).flatMap((name) => {
    const rest = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : null;
    if (rest === null || known.includes(rest) || OTHER_VARIABLES.includes(rest)) return [];
    const meant = findFlag(rest);
    const near = nearest(rest, known);
    const right = meant?.kind === 'option' ? environmentName(meant.key) : near && PREFIX + near;
    const hint = right === null ? 'see laion-fetch --help' : `did you mean ${right}?`;
    return [`${name}: no option has this variable, so it is ignored; ${hint}`];
  });
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
