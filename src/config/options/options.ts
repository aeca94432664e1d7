import { imageOptions } from './image-options.ts';
import { indexOptions } from './index-options.ts';
import type { GroupedSpec } from './option-spec.ts';
import { runOptions } from './run-options.ts';

/**
 * The one table of options: commander's flags and help, validation, the type of the resolved options, environment
 * variables, keys of the config file and the README's table all come from it.
 */
export const OPTIONS = { ...indexOptions, ...imageOptions, ...runOptions } as const satisfies Record<
  string,
  GroupedSpec<unknown>
>;

export type OptionKey = keyof typeof OPTIONS;

/** A value for every option of the table. */
export type OptionValues = {
  readonly [K in OptionKey]: (typeof OPTIONS)[K] extends GroupedSpec<infer T> ? T : never;
};

export const OPTION_KEYS = Object.keys(OPTIONS) as readonly OptionKey[];

/** Name of the flag without its dashes: `image-size`. */
export function optionName(key: OptionKey): string {
  return optionSpec(key).name ?? key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `LAION_FETCH_IMAGE_SIZE`. */
export function environmentName(key: OptionKey): string {
  return `LAION_FETCH_${optionName(key).replaceAll('-', '_').toUpperCase()}`;
}

/** The row of the table without the type of its value, for code that treats all options alike. */
export function optionSpec(key: OptionKey): GroupedSpec<unknown> {
  return OPTIONS[key];
}

export function isFlag(key: OptionKey): boolean {
  return optionSpec(key).type.placeholder === '';
}

/** The option's default in the words of help and README; empty if there is none. */
export function describeDefault(key: OptionKey): string {
  const { type, defaultText, default: value } = optionSpec(key);
  const words = defaultText ?? type.format(value);
  return words === 'none' ? '' : words;
}

export interface NamedOption {
  readonly key: OptionKey;
  /** Whether the name means the opposite of the option, as `no-auto-orient` and `upscale` do. */
  readonly negated: boolean;
}

const NAMES: ReadonlyMap<string, NamedOption> = new Map(OPTION_KEYS.flatMap(ownNames));

/** The option for a name without leading dashes. Underscores and capitals count as dashes. */
export function findOption(name: string): NamedOption | undefined {
  const kebab = name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase();
  return NAMES.get(kebab);
}

function ownNames(key: OptionKey): [string, NamedOption][] {
  const name = optionName(key);
  const { opposite } = optionSpec(key);
  if (!isFlag(key)) return [[name, { key, negated: false }]];
  const positive = [name, ...(opposite ? [`no-${opposite}`, `no${opposite}`] : [])];
  const negative = [`no-${name}`, `no${name}`, ...(opposite ? [opposite] : [])];
  return [
    ...positive.map((each): [string, NamedOption] => [each, { key, negated: false }]),
    ...negative.map((each): [string, NamedOption] => [each, { key, negated: true }]),
  ];
}
