import type { SchemaNode } from './schema.ts';

/** What the values of a leaf are, where DuckDB does not know or does not read it. */
export type Meaning =
  | { readonly kind: 'string' | 'json' | 'bytes' }
  /** A decimal of more digits than DuckDB's. */
  | { readonly kind: 'decimal'; readonly scale: number }
  /** A timestamp whose older annotation says UTC, which DuckDB does not know of. */
  | { readonly kind: 'utc' };

const [INT64, BYTE_ARRAY, FIXED_LENGTH] = [2, 6, 7];
/** Numbers of the converted types UTF8, ENUM and so on, and of the logical types that stand for them since. */
const CONVERTED = { string: [0, 4], json: [19], decimal: [5], timestamp: [9, 10], map: [1, 2], list: [3] };
const LOGICAL = {
  string: [1, 4],
  json: [12],
  decimal: [5],
  null: [11],
  map: [2],
  variant: [16],
  shape: [17, 18],
};
const MAX_DUCKDB_DIGITS = 38;

const isConverted = ({ converted }: SchemaNode, kind: keyof typeof CONVERTED): boolean =>
  CONVERTED[kind].includes(converted ?? -1);

const isLogical = ({ logical }: SchemaNode, kind: keyof typeof LOGICAL): boolean =>
  LOGICAL[kind].includes(logicalType(logical));

export function meaningOf(node: SchemaNode): Meaning | null {
  const { physical, logical } = node;
  const is = (kind: 'string' | 'json' | 'decimal'): boolean =>
    isConverted(node, kind) || isLogical(node, kind);
  if (physical === INT64 && logical === null && isConverted(node, 'timestamp')) return { kind: 'utc' };
  if (physical !== BYTE_ARRAY && physical !== FIXED_LENGTH) return null;
  if (is('decimal')) {
    return (node.precision ?? 0) > MAX_DUCKDB_DIGITS ? { kind: 'decimal', scale: node.scale ?? 0 } : null;
  }
  if (physical !== BYTE_ARRAY) return null;
  if (isLogical(node, 'shape')) return { kind: 'bytes' };
  return is('string') ? { kind: 'string' } : is('json') ? { kind: 'json' } : null;
}

/** Whether a column has nulls and nothing else, whatever its type. */
export const isNullColumn = (node: SchemaNode): boolean => isLogical(node, 'null');

/** How a node is annotated in a copy: what DuckDB does not read as a whole, it reads as the parts that are stored. */
export function annotationOf(node: SchemaNode, textAsBytes: boolean): Pick<SchemaNode, Annotation> {
  const kind = meaningOf(node)?.kind;
  const isText = kind === 'string' || kind === 'json';
  if (kind === 'decimal' || kind === 'bytes' || (isText && textAsBytes) || isLogical(node, 'variant')) {
    return NO_ANNOTATION;
  }
  if (isMapWithoutValues(node)) return { ...NO_ANNOTATION, converted: CONVERTED.list[0] ?? null };
  return node;
}

type Annotation = 'converted' | 'logical' | 'scale' | 'precision';
const NO_ANNOTATION = { converted: null, logical: null, scale: null, precision: null };

/** Whether DuckDB fails at a node, or reads it as something else, because of its annotation. */
export function isMisread(node: SchemaNode): boolean {
  const kind = meaningOf(node)?.kind;
  return kind === 'decimal' || kind === 'bytes' || isLogical(node, 'variant') || isMapWithoutValues(node);
}

function isMapWithoutValues(node: SchemaNode): boolean {
  const [entries] = node.children;
  const isMap = isConverted(node, 'map') || isLogical(node, 'map');
  return isMap && entries !== undefined && node.physical === null && entries.children.length === 1;
}

/** The number of a logical type: that of the only field of a union. */
const logicalType = (logical: Buffer | null): number => {
  const [head = 0, next = 0] = logical ?? [];
  // A number above 15 does not fit into the head of a field.
  return head >> 4 === 0 ? next >> 1 : head >> 4;
};
