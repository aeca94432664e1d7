import { type DuckDBType, DuckDBTypeId } from '@duckdb/node-api';
import { quoteName } from '../sql/duckdb.ts';
import type { Meaning } from './format/meaning.ts';

/**
 * SQL for a value in which bytes that are text become text, and null where they are not UTF-8. `nextMeaning` says of each
 * type without others below, in order, what its bytes are. Null if the value has no such bytes.
 */
export function textSql(
  expression: string,
  type: DuckDBType,
  nextMeaning: () => Meaning | null,
  depth = 0,
): string | null {
  switch (type.typeId) {
    case DuckDBTypeId.LIST:
    case DuckDBTypeId.ARRAY:
      return mapItems(expression, type.valueType, nextMeaning, depth);
    case DuckDBTypeId.MAP: {
      const [keys, values] = [`map_keys(${expression})`, `map_values(${expression})`];
      const textKeys = mapItems(keys, type.keyType, nextMeaning, depth);
      const textValues = mapItems(values, type.valueType, nextMeaning, depth);
      if (textKeys === null && textValues === null) return null;
      const map = `map(${textKeys ?? keys}, ${textValues ?? values})`;
      // A map cannot have a null among its keys.
      return `CASE WHEN ${expression} IS NOT NULL THEN TRY(${map}) END`;
    }
    case DuckDBTypeId.STRUCT: {
      let hasText = false;
      const fields = type.entryTypes.map((field, index) => {
        const part = `struct_extract_at(${expression}, ${index + 1})`;
        const text = textSql(part, field, nextMeaning, depth);
        hasText ||= text !== null;
        return `${quoteName(type.entryNames[index] ?? '')} := ${text ?? part}`;
      });
      return hasText ? `CASE WHEN ${expression} IS NOT NULL THEN struct_pack(${fields.join()}) END` : null;
    }
    default: {
      const meaning = nextMeaning();
      const isText =
        type.typeId === DuckDBTypeId.BLOB && (meaning?.kind === 'string' || meaning?.kind === 'json');
      return isText ? `TRY(decode(${expression}))` : null;
    }
  }
}

function mapItems(
  expression: string,
  item: DuckDBType,
  nextMeaning: () => Meaning | null,
  depth: number,
): string | null {
  const name = `text${depth}`;
  const text = textSql(name, item, nextMeaning, depth + 1);
  return text === null ? null : `list_transform(${expression}, lambda ${name}: ${text})`;
}
