import type { FileHandle } from 'node:fs/promises';
import { readUpTo } from '../../util/files/read-exactly.ts';
import { MAX_COLUMNS } from '../file/row-limits.ts';
import { ThriftError, ThriftReader } from './thrift.ts';

/** The values of one leaf column in one row group, as the footer describes them. Offsets and lengths in bytes. */
export interface ColumnChunk {
  /** Position of the column of the file that the leaf belongs to. */
  readonly column: number;
  /** Names from the column down to the leaf. */
  readonly names: readonly string[];
  /** Whether a row may have more than one value. */
  readonly isRepeated: boolean;
  readonly values: number;
  readonly start: number;
  readonly compressedBytes: number;
  readonly uncompressedBytes: number;
}

export interface RowGroup {
  readonly rows: number;
  readonly chunks: readonly ColumnChunk[];
}

/** Makes the error for a refused file; `reason` says what was found and what was expected. */
export type Refuse = (reason: string) => Error;

export const LIMITS = {
  footerBytes: 64 * 1024 * 1024,
  columns: MAX_COLUMNS,
  depth: 32,
  /** Chunks of all row groups together. DuckDB needs almost 1 KiB for each. */
  chunks: 200_000,
  /** Elements of all lists in the footer. */
  elements: 2_000_000,
  /** Uncompressed size allowed for any chunk or page, however small when compressed. DuckDB writes pages of 100 MB. */
  plainBytes: 128 * 1024 * 1024,
  /** A larger chunk or page may have at most this many times its compressed size. */
  ratio: 1000,
} as const;

const MAGIC = 'PAR1';
const TRAILER_BYTES = 8;

/** A leaf of the schema: a column that has values of its own. */
type Leaf = Pick<ColumnChunk, 'column' | 'names' | 'isRepeated'>;

/**
 * Reads the footer of a Parquet file in bounded memory, and checks it against the file and the limits before DuckDB
 * reads it: DuckDB trusts lengths and counts, and a schema with endless nesting crashes it.
 * @throws the error that `refuse` makes
 */
export async function readFooter(file: FileHandle, fileBytes: number, refuse: Refuse): Promise<RowGroup[]> {
  const bytes = await readFooterBytes(file, fileBytes, refuse);
  try {
    return parseFooter(bytes, fileBytes - TRAILER_BYTES - bytes.length, refuse);
  } catch (error) {
    throw error instanceof ThriftError ? refuse(`its footer is damaged: ${error.message}`) : error;
  }
}

async function readFooterBytes(file: FileHandle, fileBytes: number, refuse: Refuse): Promise<Buffer> {
  const least = MAGIC.length + TRAILER_BYTES;
  if (fileBytes < least) throw refuse(`expected at least ${least} bytes, found ${fileBytes}`);
  const trailer = await readUpTo(file, fileBytes - TRAILER_BYTES, TRAILER_BYTES);
  const mark = trailer.toString('latin1', 4);
  if (mark === 'PARE') throw refuse('it is encrypted; expected a file that is not');
  if (mark !== MAGIC) throw refuse('it does not end as Parquet does; it is cut short or not Parquet');
  const length = trailer.readUInt32LE();
  if (length > fileBytes - least) {
    throw refuse(`its footer claims ${count(length)} bytes, more than the file has; it is damaged`);
  }
  if (length > LIMITS.footerBytes) {
    throw refuse(`its footer has ${count(length)} bytes; at most ${count(LIMITS.footerBytes)} are read`);
  }
  return readUpTo(file, fileBytes - TRAILER_BYTES - length, length);
}

/** `dataEnd` is where the last page may end. */
function parseFooter(bytes: Buffer, dataEnd: number, refuse: Refuse): RowGroup[] {
  const reader = new ThriftReader(bytes, LIMITS.elements);
  let leaves: readonly Leaf[] = [];
  let rows = 0;
  const groups: RowGroup[] = [];
  let chunks = 0;
  reader.top({
    2: (type) => {
      leaves = readSchema(reader, type, refuse);
    },
    3: (type) => {
      rows = reader.integer(type);
    },
    4: (type) =>
      void reader.list(type, (element) => {
        const group = readRowGroup(reader, element, leaves, groups.length);
        checkRowGroup(group, { number: groups.length, leaves, dataEnd, refuse });
        chunks += group.chunks.length;
        if (chunks > LIMITS.chunks) {
          throw refuse(
            `it has more than ${count(LIMITS.chunks)} column chunks in its row groups; that is the limit`,
          );
        }
        groups.push(group);
      }),
  });
  const found = groups.reduce((sum, group) => sum + group.rows, 0);
  if (rows !== found) {
    throw refuse(`its footer claims ${count(rows)} rows and its row groups ${count(found)}; it is damaged`);
  }
  return groups;
}

/** The leaves of the schema. The file stores the tree depth first, each node with the number of its children. */
function readSchema(reader: ThriftReader, type: number, refuse: Refuse): Leaf[] {
  const leaves: Leaf[] = [];
  /** The path from the root to the current node: nodes whose children have not all been read. */
  const open: { name: string; isRepeated: boolean; left: number }[] = [];
  let nodes = -1;
  let column = -1;
  reader.list(type, (element) => {
    let [repetition, name, children] = [0, '', 0];
    reader.struct(element, {
      3: (type) => {
        repetition = reader.integer(type);
      },
      4: (type) => {
        name = reader.text(type);
      },
      5: (type) => {
        children = reader.integer(type);
      },
    });
    nodes += 1;
    if (nodes > LIMITS.columns) {
      throw refuse(`its schema has more than ${count(LIMITS.columns)} columns; that is the limit`);
    }
    if (children < 0 || (nodes > 0 && open.length === 0))
      throw refuse('its schema is not a tree; it is damaged');
    if (open.length === 1) column += 1;
    const parents = open.slice(1);
    const isRepeated = repetition === 2 || (open.at(-1)?.isRepeated ?? false);
    if (nodes > 0 && children === 0) {
      leaves.push({ column, names: [...parents.map((node) => node.name), name], isRepeated });
    }
    const parent = open.at(-1);
    if (parent !== undefined) parent.left -= 1;
    open.push({ name, isRepeated: nodes > 0 && isRepeated, left: children });
    while (open.at(-1)?.left === 0) open.pop();
    if (open.length > LIMITS.depth) {
      throw refuse(`its schema is nested deeper than ${LIMITS.depth}; that is the limit`);
    }
  });
  if (open.length > 0) throw refuse('its schema is cut short; it is damaged');
  return leaves;
}

function readRowGroup(reader: ThriftReader, type: number, leaves: readonly Leaf[], number: number): RowGroup {
  const chunks: ColumnChunk[] = [];
  let rows = 0;
  reader.struct(type, {
    1: (type) =>
      void reader.list(type, (element) => {
        const leaf = leaves[chunks.length];
        if (leaf === undefined) {
          throw new ThriftError(`row group ${number} has more columns than the schema`);
        }
        chunks.push(readChunk(reader, element, leaf));
      }),
    3: (type) => {
      rows = reader.integer(type);
    },
  });
  return { rows, chunks };
}

function readChunk(reader: ThriftReader, type: number, leaf: Leaf): ColumnChunk {
  let [values, uncompressedBytes, compressedBytes, dataOffset, dictionaryOffset] = [0, 0, 0, 0, 0];
  reader.struct(type, {
    3: (type) =>
      reader.struct(type, {
        5: (type) => {
          values = reader.integer(type);
        },
        6: (type) => {
          uncompressedBytes = reader.integer(type);
        },
        7: (type) => {
          compressedBytes = reader.integer(type);
        },
        9: (type) => {
          dataOffset = reader.integer(type);
        },
        11: (type) => {
          dictionaryOffset = reader.integer(type);
        },
      }),
  });
  // As DuckDB does: some writers give offset 0 if there is no dictionary.
  const start = dictionaryOffset >= MAGIC.length ? dictionaryOffset : dataOffset;
  return { ...leaf, values, start, compressedBytes, uncompressedBytes };
}

interface GroupCheck {
  readonly number: number;
  readonly leaves: readonly Leaf[];
  readonly dataEnd: number;
  readonly refuse: Refuse;
}

function checkRowGroup({ rows, chunks }: RowGroup, { number, leaves, dataEnd, refuse }: GroupCheck): void {
  const damaged = (reason: string): Error => refuse(`row group ${number}${reason}; it is damaged`);
  if (!Number.isSafeInteger(rows) || rows < 0) throw damaged(` claims ${rows} rows`);
  if (chunks.length !== leaves.length) {
    throw damaged(` has ${count(chunks.length)} columns where the schema has ${count(leaves.length)}`);
  }
  for (const chunk of chunks) {
    const { values, start, compressedBytes, uncompressedBytes } = chunk;
    const where = `, column '${chunk.names.join('.')}'`;
    if (values < 0 || compressedBytes < 0 || uncompressedBytes < 0 || start < 0) {
      throw damaged(`${where} claims a negative length`);
    }
    if (values > 0 && start + compressedBytes > dataEnd) {
      throw damaged(`${where} claims bytes up to ${count(start + compressedBytes)} of ${count(dataEnd)}`);
    }
    if (uncompressedBytes > Math.max(LIMITS.plainBytes, compressedBytes * LIMITS.ratio)) {
      throw refuse(
        `row group ${number}${where}: it claims ${count(uncompressedBytes)} bytes out of ${count(compressedBytes)} ` +
          `compressed ones; beyond ${count(LIMITS.plainBytes)}, at most ${count(LIMITS.ratio)} times as many are read`,
      );
    }
  }
}

/** Mean size of a value above which its column costs rows of more than 256 KiB some of their values. */
const LARGE_BYTES = 64 * 1024;

/** Positions of the columns whose values are large on average, such as embedded images. */
export function largeColumns(groups: readonly RowGroup[]): number[] {
  const bytes = new Map<number, number>();
  let rows = 0;
  for (const group of groups) {
    rows += group.rows;
    for (const { column, uncompressedBytes } of group.chunks) {
      bytes.set(column, (bytes.get(column) ?? 0) + uncompressedBytes);
    }
  }
  return [...bytes].flatMap(([column, sum]) => (sum > rows * LARGE_BYTES ? [column] : []));
}

/** A count as messages show it: `65,536`. */
export const count = (amount: number): string => amount.toLocaleString('en-US');
