import { LosslessNumber, parse, stringify } from 'lossless-json';
import type { ColumnType, Value } from '../../core/columns.ts';

/** The result of `fitJson` for a value that its type cannot hold. */
export const MISMATCH = Symbol('type mismatch');

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

/** Texts, which stay, and what Python writes for numbers that JSON does not have. */
const NOT_FINITE = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\b(?:NaN|Infinity|inf|nan)\b/g;

/** As `parse`, but NaN and infinities are null, as in the dataset. */
export function parseLenient(text: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (!/NaN|Infinity/i.test(text)) throw error;
    return parse(text.replace(NOT_FINITE, (token) => (token.startsWith('"') ? token : 'null')));
  }
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
 * A value of `parseJson` as its column's type holds it, or MISMATCH. Strings take numbers and booleans as their JSON
 * text, doubles take integers, structs take objects that lack fields.
 */
export function fitJson(value: unknown, type: ColumnType): Value | typeof MISMATCH {
  if (value === null || value === undefined) return null;
  switch (type.kind) {
    case 'bool':
      return typeof value === 'boolean' ? value : MISMATCH;
    case 'int':
      return fitInt64(value);
    case 'float':
      return fitDouble(value);
    case 'string':
      return fitString(value);
    case 'json':
      return fitJsonText(value);
    case 'list':
      return Array.isArray(value) ? fitList(value, type.element) : MISMATCH;
    case 'struct':
      return describeJson(value) === 'object' ? fitStruct(value as object, type) : MISMATCH;
    default:
      return MISMATCH;
  }
}

/** A list of one text is that text. */
function fitString(value: unknown): string | typeof MISMATCH {
  const text = Array.isArray(value) && value.length === 1 && typeof value[0] === 'string' ? value[0] : value;
  return typeof text === 'object' ? MISMATCH : toWellFormed(String(text));
}

function fitInt64(value: unknown): bigint | typeof MISMATCH {
  if (typeof value === 'number' && Number.isInteger(value)) return fitInt64(BigInt(value));
  return typeof value === 'bigint' && isInt64(value) ? value : MISMATCH;
}

function fitDouble(value: unknown): number | typeof MISMATCH {
  const number = typeof value === 'bigint' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : MISMATCH;
}

function fitJsonText(value: unknown): string | typeof MISMATCH {
  try {
    return stringify(value) ?? MISMATCH;
  } catch (error) {
    if (error instanceof RangeError) return MISMATCH;
    throw error;
  }
}

function fitList(items: readonly unknown[], element: ColumnType): Value | typeof MISMATCH {
  const values: Value[] = [];
  for (const item of items) {
    const value = fitJson(item, element);
    if (value === MISMATCH) return MISMATCH;
    values.push(value);
  }
  return values;
}

function fitStruct(object: object, type: ColumnType & { kind: 'struct' }): Value | typeof MISMATCH {
  const given = new Map<string, unknown>(Object.entries(object));
  const fields: [string, Value][] = [];
  for (const field of type.fields) {
    const value = fitJson(given.get(field.name), field.type);
    if (value === MISMATCH) return MISMATCH;
    fields.push([field.name, value]);
    given.delete(field.name);
  }
  return given.size === 0 ? Object.fromEntries(fields) : MISMATCH;
}

/** Escapes can spell half a surrogate pair, which UTF-8 cannot hold. */
function toWellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}

/** The kind of a parsed value, as messages name it. */
export function describeJson(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  if (value instanceof LosslessNumber) return 'number';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'double';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'bigint' ? 'integer' : typeof value;
}
