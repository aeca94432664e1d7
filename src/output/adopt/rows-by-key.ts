import type { Column, Value } from '../../core/columns.ts';
import { openMetadata, type StoredMetadata } from '../read/stored-metadata.ts';
import type { Scalar, StoredRow } from '../read/stored-rows.ts';
import type { Store } from '../store/store.ts';
import { failureCodeOf } from './failure-code.ts';

/**
 * Opens metadata that img2dataset wrote in the order of arrival; its rows come in the order of their keys. Memory holds
 * the rows that arrived before their turn. Throws if the file is damaged or a key is not a number of its own.
 */
export async function openByKey(store: Store, name: string): Promise<StoredMetadata> {
  const metadata = await openMetadata(store, name);
  const keyAt = metadata.columns.findIndex((column) => column.name === 'key');
  if (keyAt === -1) throw new Error('the column key is missing');
  return { columns: metadata.columns, rows: () => inKeyOrder(metadata.rows(), keyAt, name) };
}

async function* inKeyOrder(
  groups: AsyncIterable<readonly (readonly Value[])[]>,
  keyAt: number,
  file: string,
): AsyncGenerator<readonly (readonly Value[])[]> {
  const waiting = new Map<bigint, readonly Value[]>();
  /** The key of the shard's first row. */
  let first: bigint | null = null;
  /** Rows that have had their turn. */
  let taken = 0n;
  for await (const group of groups) {
    for (const row of group) {
      const text = row[keyAt] ?? null;
      const key = keyNumber(text);
      first ??= firstKey(file, String(text));
      if ((key >= first && key < first + taken) || waiting.has(key))
        throw new Error(`the key ${text} occurs twice`);
      waiting.set(key, row);
    }
    if (first === null) continue;
    const ready: (readonly Value[])[] = [];
    for (let row = waiting.get(first + taken); row !== undefined; row = waiting.get(first + taken)) {
      ready.push(row);
      waiting.delete(first + taken);
      taken += 1n;
    }
    yield ready;
  }
  yield [...waiting].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

/** Number of the first row of a shard: its own number, then zeros for the digits that the key has beyond it. */
function firstKey(file: string, key: string): bigint {
  const shard = /^\d+/.exec(file)?.[0] ?? '';
  return BigInt(shard.padEnd(key.length, '0'));
}

function keyNumber(key: Value): bigint {
  if (typeof key !== 'string' || !/^\d+$/.test(key))
    throw new Error(`the key ${String(key)} is not a number`);
  return BigInt(key);
}

/** A row in the form that verification takes. Failures get the codes that their messages mean. */
export function toStoredRow(columns: readonly Column[], values: readonly Value[]): StoredRow {
  const shared = new Map<string, Scalar>();
  for (const [at, { name, type }] of columns.entries()) {
    if (!SCALARS.has(type.kind)) continue;
    const value = (values[at] ?? null) as Scalar;
    // As DuckDB does, with which verification reads the adopted metadata.
    shared.set(name, typeof value === 'string' ? value.replace(/^\ufeff/, '') : value);
  }
  const text = (name: string): string | null => {
    const value = shared.get(name) ?? null;
    return value === null ? null : String(value);
  };
  const pixels = (name: string): number | null => {
    const value = shared.get(name) ?? null;
    return value === null ? null : Number(value);
  };
  const [status, errorMessage] = [text('status'), text('error_message')];
  return {
    key: text('key'),
    status,
    errorMessage,
    failureCode: failureCodeOf(status, errorMessage),
    bytes: 0,
    width: pixels('width'),
    height: pixels('height'),
    subfolder: null,
    shared,
  };
}

const SCALARS: ReadonlySet<string> = new Set(['bool', 'int', 'float', 'string', 'json']);
