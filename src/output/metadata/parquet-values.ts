import type { ColumnType, Value } from '../../core/columns.ts';

/**
 * The values of a column in the form hyparquet-writer takes. They are as they should be but for decimals, which it
 * takes exactly only as the bigint of all their digits.
 */
export function parquetValues(values: readonly Value[], type: ColumnType): readonly Value[] {
  return hasKind(type, 'decimal') ? values.map((value) => withUnscaledDecimals(value, type)) : values;
}

/** Whether a type is of the kind or has it inside. */
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
