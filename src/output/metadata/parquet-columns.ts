import type { Column, ColumnType } from '../../core/columns.ts';
import type { SchemaElement } from './parquet-schema.ts';

/**
 * The columns from which `parquetSchema` made a schema, except that a JSON column comes back as strings. Reads pyarrow's
 * schemas as well, as far as they have types of ours.
 */
export function columnsOf([root, ...elements]: readonly SchemaElement[]): readonly Column[] {
  const rest = elements.values();
  return takeColumns(rest, root?.num_children ?? 0);
}

function takeColumns(rest: Iterator<SchemaElement>, count: number): Column[] {
  return Array.from({ length: count }, () => {
    const element = take(rest);
    return { name: element.name, type: takeType(element, rest) };
  });
}

function takeType(element: SchemaElement, rest: Iterator<SchemaElement>): ColumnType {
  if (element.num_children === undefined) return leafType(element);
  if (element.converted_type !== 'LIST')
    return { kind: 'struct', fields: takeColumns(rest, element.num_children) };
  // The repeated group between a list and its elements.
  take(rest);
  return { kind: 'list', element: takeType(take(rest), rest) };
}

function take(rest: Iterator<SchemaElement>): SchemaElement {
  const next = rest.next();
  if (next.done) throw new Error('the schema ends early');
  return next.value;
}

function leafType(element: SchemaElement): ColumnType {
  const { type, converted_type: converted = '', logical_type: logical } = element;
  const [, sign, bits] = /^(U?)INT_(8|16|32|64)$/.exec(converted) ?? [];
  if (bits !== undefined) return { kind: 'int', bits: Number(bits) as 8 | 16 | 32 | 64, signed: sign === '' };
  if (logical?.type === 'TIMESTAMP') {
    const unit = ({ MILLIS: 'ms', MICROS: 'us', NANOS: 'ns' } as const)[logical.unit];
    return { kind: 'timestamp', unit, utc: logical.isAdjustedToUTC };
  }
  if (logical?.type === 'TIME') return { kind: 'time' };
  switch (converted) {
    case 'UTF8':
      return { kind: 'string' };
    case 'DATE':
      return { kind: 'date' };
    case 'DECIMAL':
      return { kind: 'decimal', precision: element.precision ?? 38, scale: element.scale ?? 0 };
  }
  switch (type) {
    case 'BOOLEAN':
      return { kind: 'bool' };
    // Without an annotation, as pyarrow writes them.
    case 'INT32':
      return { kind: 'int', bits: 32, signed: true };
    case 'INT64':
      return { kind: 'int', bits: 64, signed: true };
    case 'FLOAT':
      return { kind: 'float', bits: 32 };
    case 'DOUBLE':
      return { kind: 'float', bits: 64 };
    case 'BYTE_ARRAY':
      return { kind: 'bytes' };
    default:
      throw new Error(`the column ${element.name} has a type that laion-fetch does not write`);
  }
}
