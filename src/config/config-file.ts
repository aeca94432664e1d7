import { readFile } from 'node:fs/promises';
import { usageError } from '../core/errors.ts';
import { nearest } from '../util/text/nearest.ts';
import type { Layer, Setting } from './layer.ts';
import { findOption, isFlag, OPTION_KEYS, type OptionKey, optionName } from './options/options.ts';

/** Reads a config file. Throws a UserError if it cannot be read or is not a config file. */
export async function readConfigFile(path: string): Promise<Layer> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw usageError(
      `Cannot read the config file '${path}': ${error instanceof Error ? error.message : error}`,
    );
  }
  return parseConfig(text, path);
}

/**
 * The layer for the text of a config file: one JSON object whose keys are names of options in kebab, snake or camel case.
 * They are our names, so `image_size` does not imply img2dataset here; see legacy/ for its command lines.
 */
export function parseConfig(text: string, path: string): Layer {
  const layer = new Map<OptionKey, Setting>();
  for (const [name, value] of Object.entries(parseObject(text, path))) {
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

function parseObject(text: string, path: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    throw usageError(
      `Cannot read the config file '${path}' as JSON: ${error instanceof Error ? error.message : error}`,
    );
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw usageError(`Cannot read the config file '${path}': expected one JSON object of options`);
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
