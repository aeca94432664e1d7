import { type DuckDBType, DuckDBTypeId } from '@duckdb/node-api';

/** Size assumed for a number and for each item of a list. */
const SCALAR_BYTES = 16;

/** Types whose values have about the same size. Types that are neither here nor in `sizeSql` are measured as text. */
const SCALARS: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.BOOLEAN,
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.FLOAT,
  DuckDBTypeId.DOUBLE,
  DuckDBTypeId.DECIMAL,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UHUGEINT,
  DuckDBTypeId.UUID,
  DuckDBTypeId.DATE,
  DuckDBTypeId.TIME,
  DuckDBTypeId.TIME_NS,
  DuckDBTypeId.TIME_TZ,
  DuckDBTypeId.TIMESTAMP,
  DuckDBTypeId.TIMESTAMP_S,
  DuckDBTypeId.TIMESTAMP_MS,
  DuckDBTypeId.TIMESTAMP_NS,
  DuckDBTypeId.TIMESTAMP_TZ,
  DuckDBTypeId.INTERVAL,
]);

/**
 * SQL for the approximate size in bytes of an expression's value; null for most nulls. To compute it, DuckDB reads only the
 * lengths of strings and lists, not their contents.
 */
export function sizeSql(expression: string, type: DuckDBType, depth = 0): string {
  if (SCALARS.has(type.typeId)) return `${SCALAR_BYTES}`;
  switch (type.typeId) {
    case DuckDBTypeId.VARCHAR:
    case DuckDBTypeId.ENUM:
      return `strlen(${expression})`;
    case DuckDBTypeId.BLOB:
      return `octet_length(${expression})`;
    case DuckDBTypeId.LIST:
    case DuckDBTypeId.ARRAY:
      return listSize(expression, type.valueType, depth);
    case DuckDBTypeId.MAP:
      return sumSql([
        listSize(`map_keys(${expression})`, type.keyType, depth),
        listSize(`map_values(${expression})`, type.valueType, depth),
      ]);
    case DuckDBTypeId.STRUCT:
      return sumSql(
        type.entryTypes.map((field, index) =>
          sizeSql(`struct_extract_at(${expression}, ${index + 1})`, field, depth),
        ),
      );
    default:
      return `strlen(CAST(${expression} AS VARCHAR))`;
  }
}

function listSize(expression: string, item: DuckDBType, depth: number): string {
  const items = `${SCALAR_BYTES} * len(${expression})`;
  if (SCALARS.has(item.typeId)) return items;
  const name = `item${depth}`;
  const sizes = `list_transform(${expression}, lambda ${name}: ${sizeSql(name, item, depth + 1)})`;
  return sumSql([items, `list_sum(${sizes})`]);
}

/** SQL for a sum in which null counts as 0. The sum is a balanced tree because DuckDB limits the nesting of expressions. */
export function sumSql(terms: readonly string[]): string {
  const [first, ...rest] = terms;
  if (first === undefined) return '0';
  if (rest.length === 0) return `coalesce(${first}, 0)`;
  const half = terms.length >> 1;
  return `(${sumSql(terms.slice(0, half))} + ${sumSql(terms.slice(half))})`;
}
