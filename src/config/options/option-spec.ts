import type { OptionType } from './basic-types.ts';

/** The definition of one option. Its key in the table is its property in `Options`. */
export interface OptionSpec<T> {
  readonly type: OptionType<T>;
  readonly default: NoInfer<T>;
  /** The default as help shows it, if the value itself is not clear enough. */
  readonly defaultText?: string;
  /** One line about the purpose of the option. */
  readonly help: string;
  /** Name without leading dashes, if it is not the key in kebab case. */
  readonly name?: string;
  /** A letter for a short flag. */
  readonly short?: string;
  /** A flag that means the opposite of this one. */
  readonly opposite?: string;
  /** Whether the flag may be given several times, each with one line of the option's text. */
  readonly isRepeatable?: true;
  /** img2dataset's name, if it differs. */
  readonly img2dataset?: string;
  /** Whether the option shapes the dataset, so that a dataset cannot be resumed with another value. */
  readonly dataset?: true;
}

export interface GroupedSpec<T> extends OptionSpec<T> {
  /** Heading of the option in help and README. */
  readonly group: string;
}

/** A part of the table of options, under one heading. */
export function optionGroup<T extends Record<string, unknown>>(
  group: string,
  specs: { readonly [K in keyof T]: OptionSpec<T[K]> },
): { readonly [K in keyof T]: GroupedSpec<T[K]> };
export function optionGroup(
  group: string,
  specs: Readonly<Record<string, OptionSpec<unknown>>>,
): Readonly<Record<string, GroupedSpec<unknown>>> {
  return Object.fromEntries(Object.entries(specs).map(([key, spec]) => [key, { ...spec, group }]));
}
