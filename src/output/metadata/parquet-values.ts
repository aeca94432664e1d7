import type { ColumnType, Value } from '../../core/columns.ts';

/**
 * The values of a column in the form that hyparquet-writer takes. Only decimals change: it writes them exactly only if
 * they are given as the bigint of all their digits.
 */
export function parquetValues(values: readonly Value[], type: ColumnType): readonly Value[] {
  return hasKind(type, 'decimal') ? values.map((value) => withUnscaledDecimals(value, type)) : values;
}

/** Whether a type is of this kind or contains one that is. */
export function hasKind(type: ColumnType, kind: ColumnType['kind']): boolean {
  if (type.kind === kind) return true;
  if (type.kind === 'list') return hasKind(type.element, kind);
  return type.kind === 'struct' && type.fields.some((field) => hasKind(field.type, kind));
}

function withUnscaledDecimals(value: Value, type: ColumnType): Value {
  if (value === null) return null;
  switch (type.kind) {
    case 'decimal': {
      const [whole = '', fraction = ''] = (value as string).split('.');
      return BigInt(whole + fraction.padEnd(type.scale, '0'));
    }
    case 'list':
      return (value as readonly Value[]).map((item) => withUnscaledDecimals(item, type.element));
    case 'struct': {
      const values = value as { readonly [field: string]: Value };
      return Object.fromEntries(
        type.fields.map((field) => [
          field.name,
          withUnscaledDecimals(values[field.name] ?? null, field.type),
        ]),
      );
    }
    default:
      return value;
  }
}
