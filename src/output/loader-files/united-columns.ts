import { type Column, type ColumnType, STRING, typeName } from '../../core/columns.ts';

/** The columns of several runs by name. One with two types is a number if both are, otherwise a text. */
export function unitedColumns(schemas: readonly (readonly Column[])[]): readonly Column[] {
  const united = new Map<string, ColumnType>();
  for (const { name, type } of schemas.flat()) {
    const known = united.get(name);
    united.set(name, known === undefined ? type : unitedType(known, type));
  }
  return [...united].map(([name, type]) => ({ name, type }));
}

function unitedType(one: ColumnType, other: ColumnType): ColumnType {
  if (typeName(one) === typeName(other)) return one;
  return isNumber(one) && isNumber(other) ? { kind: 'float', bits: 64 } : STRING;
}

const isNumber = ({ kind }: ColumnType): boolean => kind === 'int' || kind === 'float';
