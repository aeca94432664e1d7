import { LosslessNumber } from 'lossless-json';
import { BOOL, type Column, type ColumnType, DOUBLE, INT64, STRING } from '../../core/columns.ts';
import { isInt64, isIntegerText } from './json-values.ts';

/** Null is a type that is still unknown: only nulls so far, or only empty lists. */
type Inferred =
  | null
  | Exclude<ColumnType, { kind: 'list' | 'struct' }>
  | { readonly kind: 'list'; readonly element: Inferred }
  | {
      readonly kind: 'struct';
      readonly fields: readonly { readonly name: string; readonly type: Inferred }[];
    };

const JSON_TEXT: Inferred = { kind: 'json' };

/** Deeper values are carried as JSON text. */
const MAX_DEPTH = 16;

/**
 * The columns of objects parsed by `parseJsonLossless`, in the order in which the keys first appear. A mix of 64-bit
 * integers and floats becomes double; a mix of strings with numbers or booleans becomes string. Objects with different
 * keys, lists of incompatible values and integers beyond 64 bits are carried as JSON text. A key that is always null
 * becomes a string column.
 */
export function inferColumns(objects: Iterable<Readonly<Record<string, unknown>>>): Column[] {
  const types = new Map<string, Inferred>();
  for (const object of objects) {
    for (const [key, value] of Object.entries(object)) {
      types.set(key, merge(types.get(key) ?? null, infer(value, 0)));
    }
  }
  return [...types].map(([name, type]) => ({ name, type: settle(type) }));
}

function infer(value: unknown, depth: number): Inferred {
  if (value === null) return null;
  if (typeof value === 'string') return STRING;
  if (typeof value === 'boolean') return BOOL;
  if (value instanceof LosslessNumber) return inferNumber(value.value);
  if (depth === MAX_DEPTH) return JSON_TEXT;
  if (Array.isArray(value)) {
    const element = value.reduce<Inferred>((type, item) => merge(type, infer(item, depth + 1)), null);
    return element?.kind === 'json' ? JSON_TEXT : { kind: 'list', element };
  }
  const entries = Object.entries(value as object);
  // A struct without fields cannot be stored.
  if (entries.length === 0) return JSON_TEXT;
  return {
    kind: 'struct',
    fields: entries.map(([name, field]) => ({ name, type: infer(field, depth + 1) })),
  };
}

function inferNumber(text: string): Inferred {
  if (!isIntegerText(text)) return DOUBLE;
  return isInt64(BigInt(text)) ? INT64 : JSON_TEXT;
}

function merge(a: Inferred, b: Inferred): Inferred {
  if (a === null) return b;
  if (b === null) return a;
  if (a.kind === 'list' && b.kind === 'list') {
    const element = merge(a.element, b.element);
    return element?.kind === 'json' ? JSON_TEXT : { kind: 'list', element };
  }
  if (a.kind === 'struct' && b.kind === 'struct') return mergeStructs(a.fields, b.fields);
  if (a.kind === b.kind) return a;
  const kinds = new Set([a.kind, b.kind]);
  if (kinds.has('int') && kinds.has('float')) return DOUBLE;
  return isScalar(a) && isScalar(b) ? STRING : JSON_TEXT;
}

type Fields = (Inferred & { kind: 'struct' })['fields'];

function mergeStructs(a: Fields, b: Fields): Inferred {
  const others = new Map(b.map(({ name, type }) => [name, type]));
  if (a.length !== b.length || !a.every(({ name }) => others.has(name))) return JSON_TEXT;
  return {
    kind: 'struct',
    fields: a.map(({ name, type }) => ({ name, type: merge(type, others.get(name) ?? null) })),
  };
}

const isScalar = (type: Inferred): boolean => ['string', 'bool', 'int', 'float'].includes(type?.kind ?? '');

function settle(type: Inferred): ColumnType {
  if (type === null) return STRING;
  if (type.kind === 'list') return { kind: 'list', element: settle(type.element) };
  if (type.kind !== 'struct') return type;
  return { kind: 'struct', fields: type.fields.map(({ name, type }) => ({ name, type: settle(type) })) };
}
