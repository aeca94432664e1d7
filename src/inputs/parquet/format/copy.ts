import type { FileHandle } from 'node:fs/promises';
import { readUpTo } from '../../../util/files/read-exactly.ts';
import type { ColumnChunk } from './footer.ts';
import { annotationOf } from './meaning.ts';
import type { Schema, SchemaNode } from './schema.ts';
import { type Encoded, i32, i64, list, struct, text } from './thrift-encode.ts';

/** A row group to copy: its chunks, with the lengths of their pages in bytes. */
export interface CopiedGroup {
  readonly rows: number;
  readonly lengths: ReadonlyMap<ColumnChunk, number>;
}

export interface CopyOptions {
  readonly groups: readonly CopiedGroup[];
  /** Only the columns to copy; the name of each in the copy is `c` and its position. */
  readonly schema: Schema;
  /** Whether texts become bytes, so that DuckDB does not check them. */
  readonly textAsBytes: boolean;
}

const MAGIC = Buffer.from('PAR1');
const PIECE_BYTES = 1024 * 1024;
const STRUCT = 12;

/**
 * The bytes of a Parquet file with some columns and row groups of another, whose pages are copied as they are. Only the
 * schema differs: it has nothing that DuckDB does not read.
 */
export async function* copyOf(file: FileHandle, options: CopyOptions): AsyncGenerator<Buffer> {
  const { groups, schema, textAsBytes } = options;
  yield MAGIC;
  let at = MAGIC.length;
  const written: Encoded[] = [];
  const ranges: Range[] = [];
  for (const { rows, lengths } of groups) {
    const chunks: Encoded[] = [];
    for (const [chunk, length] of lengths) {
      chunks.push(encodeChunk(chunk, at, length));
      ranges.push({ start: chunk.start, end: chunk.start + length });
      at += length;
    }
    written.push(struct({ 1: list(chunks, STRUCT), 2: i64(0), 3: i64(rows) }));
  }
  for (const range of joined(ranges)) yield* readRange(file, range);
  const rows = groups.reduce((sum, group) => sum + group.rows, 0);
  const nodes = schemaNodes(schema.root.children, textAsBytes);
  const footer = struct({ 1: i32(1), 2: list(nodes, STRUCT), 3: i64(rows), 4: list(written, STRUCT) });
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.bytes.length);
  yield Buffer.concat([footer.bytes, length, MAGIC]);
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Ranges of a file, of which those that follow on each other are one. */
function joined(ranges: readonly Range[]): Range[] {
  const found: { start: number; end: number }[] = [];
  for (const { start, end } of ranges) {
    const last = found.at(-1);
    if (last?.end === start) last.end = end;
    else found.push({ start, end });
  }
  return found;
}

async function* readRange(file: FileHandle, { start, end }: Range): AsyncGenerator<Buffer> {
  for (let at = start; at < end; at += PIECE_BYTES) yield readUpTo(file, at, Math.min(PIECE_BYTES, end - at));
}

/** Name of the column in this position of a copy. */
const copiedName = (position: number): string => `c${position}`;

function encodeChunk(
  { leaf, codec, values, uncompressedBytes }: ColumnChunk,
  at: number,
  length: number,
): Encoded {
  return struct({
    2: i64(at),
    3: struct({
      1: i32(leaf.node.physical ?? 0),
      2: list([], 5),
      3: list(leaf.names.map(text), 8),
      4: i32(codec),
      5: i64(values),
      6: i64(uncompressedBytes),
      7: i64(length),
      9: i64(at),
    }),
  });
}

function schemaNodes(columns: readonly SchemaNode[], textAsBytes: boolean): Encoded[] {
  const nodes: Encoded[] = [struct({ 4: text('schema'), 5: i32(columns.length) })];
  const visit = (node: SchemaNode, name: string): void => {
    nodes.push(encodeNode(node, name, textAsBytes));
    for (const child of node.children) visit(child, child.name);
  };
  for (const [position, node] of columns.entries()) visit(node, copiedName(position));
  return nodes;
}

function encodeNode(node: SchemaNode, name: string, textAsBytes: boolean): Encoded {
  const isGroup = node.children.length > 0;
  const { converted, scale, precision, logical } = annotationOf(node, textAsBytes);
  const integer = (value: number | null) => (value === null ? null : i32(value));
  return struct({
    1: isGroup ? null : integer(node.physical),
    2: integer(node.length),
    3: integer(node.repetition),
    4: text(name),
    5: isGroup ? i32(node.children.length) : null,
    6: integer(converted),
    7: integer(scale),
    8: integer(precision),
    10: logical === null ? null : { type: STRUCT, bytes: logical },
  });
}
