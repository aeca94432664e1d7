import type { ValueKind } from './basic-types.ts';

/** What one option is; the key it stands under in a table is its property in `Options`. */
export interface OptionSpec<T> {
  readonly kind: ValueKind<T>;
  readonly default: NoInfer<T>;
  /** How help tells the default where the value itself does not say it. */
  readonly defaultText?: string;
  /** One line: what the option is for. */
  readonly help: string;
  /** Name without dashes in front, where it is not the key's kebab form. */
  readonly name?: string;
  /** A flag that means the opposite of this one. */
  readonly opposite?: string;
  /** img2dataset's name where it differs. */
  readonly img2dataset?: string;
  /** Whether the option shapes the dataset, so that a dataset cannot be resumed with another value. */
  readonly dataset?: true;
}

export interface GroupedSpec<T> extends OptionSpec<T> {
  /** Heading that the option stands under in help and in the README. */
  readonly group: string;
}

/** A part of the table of options that stands under one heading. */
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
