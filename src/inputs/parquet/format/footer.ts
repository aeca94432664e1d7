import type { FileHandle } from 'node:fs/promises';
import { readUpTo } from '../../../util/files/read-exactly.ts';
import { count, type Leaf, type Refuse, readSchema, type Schema } from './schema.ts';
import { ThriftError, ThriftReader } from './thrift.ts';

/** The values of one leaf column in one row group, as the footer describes them. Offsets and lengths in bytes. */
export interface ColumnChunk {
  readonly leaf: Leaf;
  /** Number of its row group, from 0 on. */
  readonly group: number;
  /** Number of the codec in the format. */
  readonly codec: number;
  readonly isEncrypted: boolean;
  readonly values: number;
  readonly start: number;
  readonly compressedBytes: number;
  readonly uncompressedBytes: number;
}

export interface RowGroup {
  readonly rows: number;
  readonly chunks: readonly ColumnChunk[];
}

/** What a footer says about its file. */
export interface Footer {
  readonly schema: Schema;
  readonly groups: readonly RowGroup[];
  /** Whether it says, as GeoParquet does, that some columns of bytes are shapes. */
  readonly hasShapes: boolean;
}

const LIMITS = {
  footerBytes: 64 * 1024 * 1024,
  /** Row groups, and chunks of all of them together, which are held in memory. */
  groups: 500_000,
  chunks: 1_000_000,
  /** Elements of all lists in the footer. They take time, but no memory. */
  elements: 8_000_000,
} as const;

const MAGIC = 'PAR1';
const TRAILER_BYTES = 8;

/**
 * Reads the footer of a Parquet file in bounded memory, and checks it against the file and the limits before DuckDB
 * reads it: DuckDB trusts lengths and counts, and a schema with endless nesting crashes it.
 * @throws the error that `refuse` makes
 */
export async function readFooter(file: FileHandle, fileBytes: number, refuse: Refuse): Promise<Footer> {
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

const NO_SCHEMA: Schema = {
  root: {
    name: '',
    children: [],
    repetition: null,
    physical: null,
    length: null,
    converted: null,
    logical: null,
    scale: null,
    precision: null,
  },
  leaves: [],
  hasEmptyNodes: false,
};

/** `dataEnd` is where the last page may end. */
function parseFooter(bytes: Buffer, dataEnd: number, refuse: Refuse): Footer {
  const reader = new ThriftReader(bytes, LIMITS.elements);
  let schema: Schema = NO_SCHEMA;
  let rows = 0;
  let hasShapes = false;
  const groups: RowGroup[] = [];
  let chunks = 0;
  reader.top({
    2: (type) => {
      schema = readSchema(reader, type, refuse);
    },
    3: (type) => {
      rows = reader.integer(type);
    },
    4: (type) =>
      void reader.list(type, (element) => {
        const group = readRowGroup(reader, element, schema.leaves, groups.length);
        checkRowGroup(group, { number: groups.length, leaves: schema.leaves, dataEnd, refuse });
        chunks += group.chunks.length;
        groups.push(group);
        if (chunks > LIMITS.chunks || groups.length > LIMITS.groups) {
          const most = `${count(LIMITS.groups)} row groups or ${count(LIMITS.chunks)} column chunks`;
          throw refuse(`it has more than ${most}; that is the limit`);
        }
      }),
    5: (type) =>
      void reader.list(type, (element) => {
        hasShapes ||= readKey(reader, element) === 'geo';
      }),
  });
  const found = groups.reduce((sum, group) => sum + group.rows, 0);
  // Early versions of parquet-rs wrote 0.
  if (rows !== found && rows !== 0) {
    throw refuse(`its footer claims ${count(rows)} rows and its row groups ${count(found)}; it is damaged`);
  }
  return { schema, groups, hasShapes };
}

/** The key of an entry of the file's metadata. */
function readKey(reader: ThriftReader, type: number): string {
  let key = '';
  reader.struct(type, {
    1: (type) => {
      key = reader.text(type);
    },
  });
  return key;
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
        chunks.push({ ...readChunk(reader, element), leaf, group: number });
      }),
    3: (type) => {
      rows = reader.integer(type);
    },
  });
  return { rows, chunks };
}

function readChunk(reader: ThriftReader, type: number): Omit<ColumnChunk, 'leaf' | 'group'> {
  let [codec, values, uncompressedBytes, compressedBytes, dataOffset, dictionaryOffset] = [0, 0, 0, 0, 0, 0];
  let isEncrypted = false;
  reader.struct(type, {
    3: (type) =>
      reader.struct(type, {
        4: (type) => {
          codec = reader.integer(type);
        },
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
    8: (type) => {
      isEncrypted = reader.raw(type).length > 0;
    },
  });
  // As DuckDB does: some writers give offset 0 if there is no dictionary.
  const start = dictionaryOffset >= MAGIC.length ? dictionaryOffset : dataOffset;
  return { codec, isEncrypted, values, start, compressedBytes, uncompressedBytes };
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
    const where = `, column '${chunk.leaf.names.join('.')}'`;
    if (values < 0 || compressedBytes < 0 || uncompressedBytes < 0 || start < 0) {
      throw damaged(`${where} claims a negative length`);
    }
    if (values > 0 && start + compressedBytes > dataEnd) {
      throw damaged(`${where} claims bytes up to ${count(start + compressedBytes)} of ${count(dataEnd)}`);
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
    for (const { leaf, uncompressedBytes } of group.chunks) {
      const { column } = leaf;
      bytes.set(column, (bytes.get(column) ?? 0) + uncompressedBytes);
    }
  }
  return [...bytes].flatMap(([column, sum]) => (sum > rows * LARGE_BYTES ? [column] : []));
}
