import type { ParquetWriter } from 'hyparquet-writer';
import type { Column, ColumnType } from '../../core/columns.ts';

/** hyparquet-writer's element of a Parquet schema, which lists a tree in preorder. */
export type SchemaElement = ParquetWriter['schema'][number];

type Leaf = Omit<SchemaElement, 'name' | 'repetition_type' | 'num_children'>;

/** The schema of a file with these columns, all of them nullable. */
export function parquetSchema(columns: readonly Column[]): SchemaElement[] {
  return [{ name: 'schema', num_children: columns.length }, ...columns.flatMap(columnSchema)];
}

function columnSchema({ name, type }: Column): SchemaElement[] {
  const group = { name, repetition_type: 'OPTIONAL' } as const;
  switch (type.kind) {
    case 'list':
      return [
        { ...group, converted_type: 'LIST', logical_type: { type: 'LIST' }, num_children: 1 },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        ...columnSchema({ name: 'element', type: type.element }),
      ];
    case 'struct':
      return [{ ...group, num_children: type.fields.length }, ...type.fields.flatMap(columnSchema)];
    default:
      return [{ ...group, ...leaf(type) }];
  }
}

function leaf(type: Exclude<ColumnType, { kind: 'list' | 'struct' }>): Leaf {
  switch (type.kind) {
    case 'bool':
      return { type: 'BOOLEAN' };
    case 'int':
      // Converted types, because hyparquet-writer 0.17.0 writes the width of the logical type as 32 bits, not 8.
      return {
        type: type.bits === 64 ? 'INT64' : 'INT32',
        converted_type: `${type.signed ? 'INT' : 'UINT'}_${type.bits}`,
      };
    case 'float':
      return { type: type.bits === 32 ? 'FLOAT' : 'DOUBLE' };
    case 'decimal':
      return {
        type: 'FIXED_LEN_BYTE_ARRAY',
        type_length: decimalBytes(type.precision),
        converted_type: 'DECIMAL',
        logical_type: { type: 'DECIMAL', precision: type.precision, scale: type.scale },
        precision: type.precision,
        scale: type.scale,
      };
    case 'string':
    case 'json':
      // JSON is stored as unchanged text: hyparquet-writer would encode it again for Parquet's own JSON type.
      return { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } };
    case 'bytes':
      return { type: 'BYTE_ARRAY' };
    case 'date':
      return { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } };
    case 'time':
      return { type: 'INT64', logical_type: { type: 'TIME', isAdjustedToUTC: false, unit: 'MICROS' } };
    case 'timestamp': {
      const unit = ({ ms: 'MILLIS', us: 'MICROS', ns: 'NANOS' } as const)[type.unit];
      return { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: type.utc, unit } };
    }
  }
}

/** Bytes that hold every number of `precision` digits in two's complement. */
function decimalBytes(precision: number): number {
  return Math.ceil(((10n ** BigInt(precision) - 1n).toString(2).length + 1) / 8);
}
