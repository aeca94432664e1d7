import { LosslessNumber, parse, stringify } from 'lossless-json';
import type { ColumnType, Value } from '../../core/columns.ts';

/** What `fitJson` gives for a value that its type cannot hold. */
export const MISFIT = Symbol('misfit');

/** 16 digits that do not follow a point: an integer that a JavaScript number may not hold exactly. */
const LONG_INTEGER = /(?<![.\d])\d{16}/;

/** As JSON.parse does, but integers beyond 2^53 become bigint. */
export function parseJson(text: string): unknown {
  return LONG_INTEGER.test(text)
    ? parse(text, null, { parseNumber: exactNumber, onDuplicateKey: keepLast })
    : JSON.parse(text);
}

/** As `parseJson`, but every number becomes a LosslessNumber, which still tells 1 from 1.0. */
export function parseJsonLossless(text: string): unknown {
  return parse(text, null, { onDuplicateKey: keepLast });
}

const keepLast = ({ newValue }: { newValue: unknown }): unknown => newValue;

function exactNumber(text: string): number | bigint {
  const value = Number(text);
  return Number.isSafeInteger(value) || !isIntegerText(text) ? value : BigInt(text);
}

export function isIntegerText(text: string): boolean {
  return /^-?\d+$/.test(text);
}

export function isInt64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}

/**
 * A value of `parseJson` as its column's type holds it, or MISFIT. Strings take numbers and booleans as their JSON
 * text, doubles take integers, structs take objects that lack fields.
 */
export function fitJson(value: unknown, type: ColumnType): Value | typeof MISFIT {
  if (value === null || value === undefined) return null;
  switch (type.kind) {
    case 'bool':
      return typeof value === 'boolean' ? value : MISFIT;
    case 'int':
      return fitInt64(value);
    case 'float':
      return fitDouble(value);
    case 'string':
      return typeof value === 'object' ? MISFIT : toWellFormed(String(value));
    case 'json':
      return fitJsonText(value);
    case 'list':
      return Array.isArray(value) ? fitList(value, type.element) : MISFIT;
    case 'struct':
      return describeJson(value) === 'object' ? fitStruct(value as object, type) : MISFIT;
    default:
      return MISFIT;
  }
}

function fitInt64(value: unknown): bigint | typeof MISFIT {
  if (typeof value === 'number' && Number.isInteger(value)) return fitInt64(BigInt(value));
  return typeof value === 'bigint' && isInt64(value) ? value : MISFIT;
}

function fitDouble(value: unknown): number | typeof MISFIT {
  const number = typeof value === 'bigint' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : MISFIT;
}

function fitJsonText(value: unknown): string | typeof MISFIT {
  try {
    return stringify(value) ?? MISFIT;
  } catch (error) {
    if (error instanceof RangeError) return MISFIT;
    throw error;
  }
}

function fitList(items: readonly unknown[], element: ColumnType): Value | typeof MISFIT {
  const values: Value[] = [];
  for (const item of items) {
    const value = fitJson(item, element);
    if (value === MISFIT) return MISFIT;
    values.push(value);
  }
  return values;
}

function fitStruct(object: object, type: ColumnType & { kind: 'struct' }): Value | typeof MISFIT {
  const given = new Map<string, unknown>(Object.entries(object));
  const fields: [string, Value][] = [];
  for (const field of type.fields) {
    const value = fitJson(given.get(field.name), field.type);
    if (value === MISFIT) return MISFIT;
    fields.push([field.name, value]);
    given.delete(field.name);
  }
  return given.size === 0 ? Object.fromEntries(fields) : MISFIT;
}

/** Escapes can spell half a surrogate pair, which UTF-8 cannot hold. */
function toWellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}

/** The kind of a parsed value, in the words of messages. */
export function describeJson(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  if (value instanceof LosslessNumber) return 'number';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'double';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'bigint' ? 'integer' : typeof value;
}
