import { type Column, type ColumnType, DOUBLE, INT64, STRING, type Value } from '../../core/columns.ts';
import type { IndexFile, IndexRow } from '../file/index-file.ts';
import { isSameName } from './table.ts';

/** A column as a condition sees it. */
export interface FilterColumn extends Column {
  /** Position in the file's columns. */
  readonly position: number;
  /** Turns its texts into what the condition compares; null to leave them. */
  readonly parse: ((text: Value) => Value) | null;
  /** Whether the first rows of a text tell nothing of its type. */
  readonly isEmpty: boolean;
}

const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;
const INTEGER = /^\s*-?\d{1,18}\s*$/;
/** Digits that are a code, such as 007, and no number. */
const CODE = /^\s*-?0\d/;
/** A double holds integers of so many digits exactly. */
const EXACT_DIGITS = 15;

/**
 * The columns of a file. Of those with texts only, these are numbers that have nothing but numbers in the first rows, and
 * those that are empty there. Columns of folders have the type that they have in all parts.
 */
export function typedByRows(
  { source, columns }: IndexFile,
  head: readonly IndexRow[],
  whereColumns: readonly Column[],
): FilterColumn[] {
  const isText = ['csv', 'tsv', 'txt'].includes(source.format);
  const isFolder = (name: string) => source.partitions?.some((partition) => isSameName(partition.name, name));
  return columns.map(({ name, type }, position) => {
    const known = isFolder(name) ? whereColumns.find((column) => isSameName(column.name, name)) : undefined;
    if (known?.type.kind === 'int')
      return { name, type: INT64, position, parse: parserOf(INT64), isEmpty: false };
    if (!isText || type.kind !== 'string') return { name, type, position, parse: null, isEmpty: false };
    const texts = head.flatMap((row) => ('values' in row ? [String(row.values[position] ?? '')] : []));
    const values = texts.filter((text) => text.trim() !== '');
    const found = numberType(values);
    const parse = found === null ? null : parserOf(found);
    return { name, type: found ?? STRING, position, parse, isEmpty: values.length === 0 };
  });
}

export const asText = (column: FilterColumn): FilterColumn =>
  column.parse === null ? column : { ...column, type: STRING, parse: null };

/** Doubles, but integers of which some are too long for a double. */
function numberType(texts: readonly string[]): ColumnType | null {
  if (!texts.every((text) => NUMBER.test(text) && !CODE.test(text))) return null;
  const isLong = texts.some((text) => text.trim().length > EXACT_DIGITS);
  return isLong && texts.every((text) => INTEGER.test(text)) ? INT64 : DOUBLE;
}

function parserOf({ kind }: ColumnType): (text: Value) => Value {
  const read = kind === 'int' ? (text: string) => BigInt(text.trim()) : Number;
  const pattern = kind === 'int' ? INTEGER : NUMBER;
  return (text) => (typeof text === 'string' && pattern.test(text) ? read(text) : null);
}
