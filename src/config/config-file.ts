import { readFile } from 'node:fs/promises';
import { oneLine, usageError } from '../core/errors.ts';
import { hasErrno } from '../util/files/errno.ts';
import { nearest } from '../util/text/nearest.ts';
import type { Layer, Setting } from './layer.ts';
import { findOption, isFlag, OPTION_KEYS, type OptionKey, optionName } from './options/options.ts';

/** Reads a config file. Throws a UserError if it cannot be read or is not a config file. */
export async function readConfigFile(path: string): Promise<Layer> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const reason = hasErrno(error, 'ENOENT') ? 'there is no such file' : oneLine(error);
    throw usageError(`Cannot read the config file '${path}': ${reason}`);
  }
  return parseConfig(text, path, await syntaxOf(path));
}

/** A language of config files, and what reads a text in it. */
interface Syntax {
  readonly name: string;
  readonly parse: (text: string) => unknown;
}

const JSON_SYNTAX: Syntax = { name: 'JSON', parse: (text) => JSON.parse(text) };

/** The syntax that the name of a file says; JSON by default. A parser is loaded when it is needed. */
async function syntaxOf(path: string): Promise<Syntax> {
  if (/\.ya?ml$/i.test(path)) return { name: 'YAML', parse: (await import('yaml')).parse };
  if (/\.toml$/i.test(path)) return { name: 'TOML', parse: (await import('smol-toml')).parse };
  return JSON_SYNTAX;
}

/**
 * The layer for the text of a config file: one object whose keys are names of options in kebab, snake or camel case.
 * They are our names, so `image_size` does not imply img2dataset here; see legacy/ for its command lines.
 */
export function parseConfig(text: string, path: string, syntax: Syntax = JSON_SYNTAX): Layer {
  const layer = new Map<OptionKey, Setting>();
  for (const [name, value] of Object.entries(parseObject(text, path, syntax))) {
    const option = findOption(name);
    if (!option || option.key === 'config')
      throw usageError(`${path}: unknown option '${name}'${hint(name)}`);
    const earlier = layer.get(option.key);
    const origin = `${name} in ${path}`;
    if (earlier) throw usageError(`${earlier.origin} and '${name}' name the same option; keep one of them`);
    const text = settingText(value, option.negated && isFlag(option.key));
    if (text === undefined) throw usageError(`${origin}: expected a string, a number, true, false or a list`);
    if (text !== null) layer.set(option.key, { text, origin });
  }
  return layer;
}

function parseObject(text: string, path: string, { name, parse }: Syntax): object {
  let value: unknown;
  try {
    value = parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    throw usageError(`Cannot read the config file '${path}' as ${name}: ${oneLine(error)}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw usageError(`Cannot read the config file '${path}': expected one ${name} object of options`);
}

/** The value as written in a flag; null if the file leaves the option open. */
function settingText(value: unknown, negated: boolean): string | null | undefined {
  if (value === null) return null;
  if (Array.isArray(value)) return JSON.stringify(value);
  if (typeof value === 'boolean') return String(value !== negated);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

function hint(name: string): string {
  const names = OPTION_KEYS.map(optionName);
  const near = nearest(
    name
      .replace(/([a-z])([A-Z])/g, '$1-$2')
      .replaceAll('_', '-')
      .toLowerCase(),
    names,
  );
  return near ? `; did you mean '${near}'?` : '';
}
