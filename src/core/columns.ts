/**
 * The type of an index column, which also fixes the JavaScript form that its values have everywhere in the program:
 * bool → boolean · int of 8 to 32 bits → number · int of 64 bits → bigint · float → number ·
 * decimal → string of digits ("-12.50") · string, json → string · bytes → Uint8Array · date → number of days since
 * 1970-01-01 · time → bigint, microseconds since midnight · timestamp → bigint in its unit since 1970-01-01 ·
 * list → array · struct → plain object with every field present. Any of them may be null.
 */
export type ColumnType =
  | { readonly kind: 'bool' }
  | { readonly kind: 'int'; readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean }
  | { readonly kind: 'float'; readonly bits: 32 | 64 }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'string' }
  | { readonly kind: 'json' }
  | { readonly kind: 'bytes' }
  | { readonly kind: 'date' }
  | { readonly kind: 'time' }
  | { readonly kind: 'timestamp'; readonly unit: 'ms' | 'us' | 'ns'; readonly utc: boolean }
  | { readonly kind: 'list'; readonly element: ColumnType }
  | { readonly kind: 'struct'; readonly fields: readonly Column[] };

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** Whether the file says that the column has nulls only, so that the type means nothing. */
  readonly isNull?: boolean;
}

export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Value[]
  | { readonly [field: string]: Value };

export const STRING: ColumnType = { kind: 'string' };
export const INT32: ColumnType = { kind: 'int', bits: 32, signed: true };
export const INT64: ColumnType = { kind: 'int', bits: 64, signed: true };
export const DOUBLE: ColumnType = { kind: 'float', bits: 64 };
export const BOOL: ColumnType = { kind: 'bool' };

/** How a type is written in messages and by `inspect`: `int64`, `list<double>`, `timestamp[us, UTC]`. */
export function typeName(type: ColumnType): string {
  switch (type.kind) {
    case 'int':
      return `${type.signed ? '' : 'u'}int${type.bits}`;
    case 'float':
      return type.bits === 32 ? 'float' : 'double';
    case 'decimal':
      return `decimal(${type.precision}, ${type.scale})`;
    case 'timestamp':
      return `timestamp[${type.unit}${type.utc ? ', UTC' : ''}]`;
    case 'list':
      return `list<${typeName(type.element)}>`;
    case 'struct':
      return `struct<${type.fields.map((field) => `${field.name}: ${typeName(field.type)}`).join(', ')}>`;
    default:
      return type.kind;
  }
}
