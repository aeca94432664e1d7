import { imageColumn } from '../../core/reserved-columns.ts';
import type { SampleKey } from '../../core/samples.ts';
import { type MdsColumn, mdsColumns } from '../metadata/mds-columns.ts';
import type { FileDigests } from '../metadata/stats.ts';
import type { NewFile, Transaction } from '../store/store.ts';
import type { Member, SampleSink, SinkOptions } from './sample-sink.ts';

const WORD_BYTES = 4;
/** Bytes to give to one write. */
const BATCH_BYTES = 1 << 20;

/**
 * Writes samples as a shard of MosaicML's streaming, MDS: the number of samples, the offset of each and of the end, the
 * columns as JSON, and the samples, each with the lengths of its values before the values. Since the offsets come first,
 * the samples wait in memory until the file ends; the size of a file is always limited.
 */
export class MdsSink implements SampleSink {
  readonly #file: NewFile;
  readonly #name: string;
  readonly #columns: readonly MdsColumn[];
  readonly #image: string;
  readonly #config: Buffer;
  readonly #samples: (readonly Uint8Array[])[] = [];
  #bytes = 0;

  private constructor(file: NewFile, name: string, options: SinkOptions) {
    this.#file = file;
    this.#name = name;
    this.#columns = mdsColumns(options);
    this.#image = imageColumn(options.encodeFormat);
    this.#config = Buffer.from(configText(this.#columns));
  }

  static async create(transaction: Transaction, name: string, options: SinkOptions): Promise<MdsSink> {
    return new MdsSink(await transaction.createFile(name), name, options);
  }

  async add(key: SampleKey, members: readonly Member[]): Promise<readonly []> {
    const values = new Map<string, Uint8Array>([['key', Buffer.from(key)]]);
    for (const { extension, bytes } of members) values.set(this.#columnOf(extension), bytes);
    const ordered = this.#columns.map(({ name }) => values.get(name) ?? new Uint8Array());
    const sizes = words(ordered.map(({ length }) => length));
    this.#samples.push([sizes, ...ordered]);
    this.#bytes += byteLength([sizes, ...ordered]);
    return [];
  }

  sizeWith(members: readonly Member[]): number {
    const head = (this.#samples.length + 3) * WORD_BYTES + this.#config.length;
    const added = this.#columns.length * WORD_BYTES + MAX_KEY_BYTES;
    return head + this.#bytes + added + byteLength(members.map(({ bytes }) => bytes));
  }

  async finish(): Promise<FileDigests> {
    const count = this.#samples.length;
    let offset = (count + 2) * WORD_BYTES + this.#config.length;
    const offsets = [offset, ...this.#samples.map((pieces) => (offset += byteLength(pieces)))];
    let batch: Uint8Array[] = [words([count, ...offsets]), this.#config];
    let batchBytes = 0;
    for (const pieces of this.#samples) {
      batch.push(...pieces);
      batchBytes += byteLength(pieces);
      if (batchBytes < BATCH_BYTES) continue;
      await this.#file.write(batch);
      [batch, batchBytes] = [[], 0];
    }
    if (batch.length > 0) await this.#file.write(batch);
    return { [this.#name]: await this.#file.finish() };
  }

  #columnOf(extension: string): string {
    return extension === 'json' || extension === 'txt' ? extension : this.#image;
  }
}

/** Room for a key in the limit of a file. */
const MAX_KEY_BYTES = 100;

/** What streaming's own writer puts there. Readers take it from `index.json`. */
function configText(columns: readonly MdsColumn[]): string {
  return JSON.stringify({
    column_encodings: columns.map(({ encoding }) => encoding),
    column_names: columns.map(({ name }) => name),
    column_sizes: columns.map(() => null),
    compression: null,
    format: 'mds',
    hashes: [],
    size_limit: null,
    version: 2,
  });
}

/** Numbers as 32 bits each, little-endian. */
function words(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(WORD_BYTES * values.length);
  for (const [at, value] of values.entries()) bytes.writeUInt32LE(value, WORD_BYTES * at);
  return bytes;
}

const byteLength = (pieces: readonly Uint8Array[]): number =>
  pieces.reduce((sum, { length }) => sum + length, 0);
