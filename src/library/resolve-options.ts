import type { Layer, Setting } from '../config/layer.ts';
import { isFlag, OPTION_KEYS, type OptionKey, optionSpec } from '../config/options/options.ts';
import { type ResolvedOptions, resolveOptions } from '../config/resolve.ts';
import { usageError } from '../core/errors.ts';
import { nearest } from '../util/text/nearest.ts';
import {
  COLUMNS_KEYS,
  COMMAND_LINE_KEYS,
  type ColumnsOptions,
  type DownloadOptions,
  type MergeOptions,
  type PlanOptions,
  RECHECK_KEYS,
  RETRY_KEYS,
  type RecheckOptions,
  type RetryOptions,
  VERIFY_KEYS,
  type VerifyOptions,
} from './options.ts';

const DOWNLOAD_KEYS = OPTION_KEYS.filter((key) => !COMMAND_LINE_KEYS.some((each) => each === key));

interface Resolved extends ResolvedOptions {
  /** Values of the call's own options, which are not in the table. */
  readonly own: Readonly<Record<string, unknown>>;
}

export const resolveDownload = (options: DownloadOptions | PlanOptions): Resolved =>
  resolve(options, DOWNLOAD_KEYS, ['index']);

export const resolveRetry = (options: RetryOptions): Resolved =>
  resolve(options, [...RETRY_KEYS, 'output'], ['classes']);

/** `dataset`: what the dataset says about its own options of rights. */
export const resolveRecheck = (options: RecheckOptions, dataset: Layer): Resolved =>
  resolve(options, [...RECHECK_KEYS, 'output'], ['remove'], dataset);

export const resolveVerify = (options: VerifyOptions): Resolved =>
  resolve(options, [...VERIFY_KEYS, 'output'], ['deep', 'repair', 'index']);

export const resolveMerge = (options: MergeOptions): Resolved =>
  resolve(options, ['output'], ['datasets', 'renumber']);

export const resolveColumns = (options: ColumnsOptions): Resolved =>
  resolve(options, [...COLUMNS_KEYS, 'output'], ['add', 'from', 'on', 'drop']);

/** Patterns of an index; throws a UserError if there is none. */
export function indexPatterns(value: unknown): readonly string[] {
  return patternsOf('index', value);
}

/** Patterns of files; throws a UserError if there is none. */
export function patternsOf(name: string, value: unknown): readonly string[] {
  const patterns = textsOf(Array.isArray(value) ? value : [value]);
  if (patterns !== null && patterns.length > 0) return patterns;
  throw usageError(`${name}: expected files, folders or globs, as a string or an array, got ${show(value)}`);
}

/** Names; none if they are left out. Throws a UserError for anything but an array of texts. */
export function namesOf(name: string, value: unknown): readonly string[] {
  const names = textsOf(value ?? []);
  if (names !== null) return names;
  throw usageError(`${name}: expected an array of names, got ${show(value)}`);
}

/** Null for anything but an array of texts that are not empty. */
function textsOf(values: unknown): readonly string[] | null {
  const isText = (each: unknown): each is string => typeof each === 'string' && each !== '';
  return Array.isArray(values) && values.every(isText) ? values : null;
}

/** The folder of the dataset; throws a UserError if none is named. */
export function outputFolder({ output }: ResolvedOptions): string {
  if (output === null) throw usageError('output: expected a folder for the dataset, got none');
  if (output === '-') throw usageError("output: expected a folder, got '-'; only the command streams a tar");
  return output;
}

/** A boolean; false if it is left out. Throws a UserError for any other value. */
export function flagValue(name: string, value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean') return value;
  throw usageError(`${name}: expected true or false, got ${show(value)}`);
}

/** Checks a program's values by the table of options, as if they stood on the command line. */
function resolve(
  values: object,
  keys: readonly OptionKey[],
  ownNames: readonly string[],
  assumed: Layer = new Map(),
): Resolved {
  const layer = new Map<OptionKey, Setting>();
  const own: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    const key = keys.find((each) => each === name);
    if (ownNames.includes(name)) own[name] = value;
    else if (key === undefined) throw unknownOption(name, [...keys, ...ownNames]);
    else if (value !== undefined && value !== null) layer.set(key, settingOf(key, value));
  }
  return { ...resolveOptions([assumed, layer satisfies Layer]), own };
}

function unknownOption(name: string, names: readonly string[]): Error {
  const near = nearest(name, names);
  return usageError(`unknown option '${name}'${near ? `; did you mean '${near}'?` : ''}`);
}

/** The value as the command line would have it; throws a UserError if the option does not accept it. */
function settingOf(key: OptionKey, value: unknown): Setting {
  const { type } = optionSpec(key);
  const text = textOf(key, value);
  const parsed = text === undefined ? undefined : type.parse(text);
  const found = type.isSecret ? 'something else' : show(value);
  if (text === undefined || parsed === undefined)
    throw usageError(`${key}: expected ${type.expects}, got ${found}`);
  if (typeOf(parsed) !== typeOf(value))
    throw usageError(`${key}: expected ${describeType(key, parsed)}, got ${found}`);
  return { text, origin: key };
}

function textOf(key: OptionKey, value: unknown): string | undefined {
  if (value === false && !isFlag(key)) return 'none';
  if (typeof value === 'number') return key.endsWith('Ms') ? `${value}ms` : String(value);
  if (typeof value === 'string' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return undefined;
  const { column, algorithm, index, count }: Readonly<Record<string, unknown>> = { ...value };
  if (key === 'verifyHash') return JSON.stringify([column, algorithm]);
  return key === 'part' ? `${index}/${count}` : undefined;
}

const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;

function describeType(key: OptionKey, value: unknown): string {
  if (typeof value === 'number') {
    if (key.endsWith('Ms')) return 'a number of milliseconds';
    return key.endsWith('Bytes') || key === 'bandwidth' ? 'a number of bytes' : 'a number';
  }
  if (typeof value === 'string') return 'a string';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null)
    return `an object with ${Object.keys(value).join(' and ')}`;
  return typeof value === 'boolean' && isFlag(key) ? 'true or false' : String(value);
}

function show(value: unknown): string {
  if (value === undefined) return 'none';
  if (typeof value === 'string') return `'${value}'`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
