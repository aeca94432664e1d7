import { formatBytes, formatDuration, parseBytes, parseDurationMs } from '../../util/text/units.ts';
import { parseList } from './parse-list.ts';

/** How the text of an option, from a flag, the environment or a file, becomes a value. */
export interface OptionType<T> {
  /** Placeholder for the value in help, such as `<n>`; empty for a flag without a value. */
  readonly placeholder: string;
  /** Completes "expected ..." in an error message. */
  readonly expects: string;
  /** The words that are values, for completion in a shell; absent if they cannot be listed. */
  readonly choices?: readonly string[];
  /** Whether the word `none` is a value. */
  readonly acceptsNone: boolean;
  /** Whether the text may hold a password, which messages must not repeat. */
  readonly isSecret?: true;
  /** Undefined if the text is not a value of this type. */
  parse(text: string): T | undefined;
  /** The value as a user would write it. */
  format(value: T): string;
}

interface Range {
  readonly min: number;
  readonly max?: number;
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

export const flag: OptionType<boolean> = {
  placeholder: '',
  expects: 'true or false',
  acceptsNone: false,
  parse: (text) => BOOLEANS.get(text.toLowerCase()),
  format: (value) => (value ? 'on' : 'off'),
};

/** A whole number, which may also be written as `1e4` or `256.0`, as Python users do. */
export function integer(range: Range & { readonly unit?: string }): OptionType<number> {
  return number(Number.isSafeInteger, `a whole number${range.unit ? ` of ${range.unit}` : ''}`, range);
}

export function decimal(range: Range): OptionType<number> {
  return number(Number.isFinite, 'a number', range);
}

const NUMBER = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function number(
  isWanted: (value: number) => boolean,
  noun: string,
  { min, max = Number.MAX_SAFE_INTEGER }: Range,
): OptionType<number> {
  const limits = max === Number.MAX_SAFE_INTEGER ? `${min} upwards` : `${min} to ${max}`;
  return {
    placeholder: '<n>',
    expects: `${noun} from ${limits}`,
    acceptsNone: false,
    parse: (text) =>
      NUMBER.test(text) && isWanted(Number(text)) ? within(Number(text), min, max) : undefined,
    format: String,
  };
}

/** A size in bytes. */
export function byteSize({ min, max = Number.MAX_SAFE_INTEGER }: Range): OptionType<number> {
  const limits = max === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${formatBytes(max)}`;
  return {
    placeholder: '<size>',
    expects: `a size such as 30MiB, 20MB or 500000, at least ${formatBytes(min)}${limits}`,
    acceptsNone: false,
    parse: (text) => within(parseBytes(text), min, max),
    format: formatBytes,
  };
}

/** A time in milliseconds. A bare number is in seconds, as in img2dataset's --timeout. */
export function duration({ min, max = Number.MAX_SAFE_INTEGER }: Range): OptionType<number> {
  const limits = max === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${formatDuration(max)}`;
  return {
    placeholder: '<time>',
    expects: `a time such as 500ms, 10s or 1m, at least ${formatDuration(min)}${limits}`,
    acceptsNone: false,
    parse: (text) => within(parseDurationMs(text), min, max),
    format: formatDuration,
  };
}

/** One of several words, in upper or lower case. `synonyms` are accepted but not shown in help. */
export function choice<const T extends string>(
  choices: readonly T[],
  synonyms: Readonly<Record<string, NoInfer<T>>> = {},
): OptionType<T> {
  return {
    placeholder: '<word>',
    expects: `one of ${choices.join(', ')}`,
    choices,
    acceptsNone: choices.some((word) => word === 'none'),
    parse: (text) => {
      const word = text.toLowerCase();
      const meant = Object.hasOwn(synonyms, word) ? synonyms[word] : word;
      return choices.find((candidate) => candidate === meant);
    },
    format: String,
  };
}

export function text(placeholder: string, expects: string): OptionType<string> {
  return {
    placeholder,
    expects,
    acceptsNone: false,
    parse: (value) => (value.trim() === '' ? undefined : value),
    format: String,
  };
}

/** `a,b`, `["a", "b"]`, or Python's `['a', 'b']`. `parseItem` reads each item and returns undefined to reject it. */
export function list<T>(
  expects: string,
  parseItem: (item: string) => T | undefined,
): OptionType<readonly T[]> {
  return {
    placeholder: '<list>',
    expects,
    acceptsNone: false,
    parse: (value) => {
      const items = parseList(value)?.map(parseItem);
      return items?.every((item) => item !== undefined) ? items : undefined;
    },
    format: (items) => items.join(','),
  };
}

/** `inner`, or null for the word `none`. */
export function optional<T>(inner: OptionType<T>): OptionType<T | null> {
  return {
    ...inner,
    ...(inner.choices ? { choices: [...inner.choices, 'none'] } : {}),
    acceptsNone: true,
    parse: (value) => (isNone(value) ? null : inner.parse(value)),
    format: (value) => (value === null ? 'none' : inner.format(value)),
  };
}

export function isNone(value: string): boolean {
  return value.toLowerCase() === 'none';
}

function within(value: number | undefined, min: number, max: number): number | undefined {
  return value !== undefined && value >= min && value <= max ? value : undefined;
}
