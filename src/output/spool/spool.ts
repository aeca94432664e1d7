import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import type { SampleResult, SampleRow } from '../../core/samples.ts';
import { hasErrno } from '../../util/files/errno.ts';
import { readExactly } from '../../util/files/read-exactly.ts';
import { writeError } from '../store/write-error.ts';
import { writeFully } from '../store/write-fully.ts';
import { SpoolIndex } from './spool-index.ts';
import { type SpoolContents, SpoolReader } from './spool-reader.ts';
import { decodeRecord, encodeRecord, findRecords, type SettledSample } from './spool-record.ts';

export type { SettledSample } from './spool-record.ts';

/** A separate write for each sample, and the read that goes with it, would cost the engine a tenth of its time. */
const GATHERING_MS = 10;
const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/**
 * The samples of one open shard, which wait in a file until the last row is settled. In memory, each row up to the last
 * settled one takes 12 to 24 bytes, whatever the size of its image. The file is a journal: a line that names its format
 * and its owner, then records with checksums. So a later start of the same run can continue with it.
 */
export class Spool {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #samplesPerShard: number;
  readonly #index: SpoolIndex;
  readonly #reader: SpoolReader;
  #settled = 0;
  #bytes = 0;
  /** Buffers that the next write will take. */
  #batch: Uint8Array[] | null = null;
  #written: Promise<void> = Promise.resolve();

  private constructor(path: string, handle: FileHandle, samplesPerShard: number) {
    this.#path = path;
    this.#handle = handle;
    this.#samplesPerShard = samplesPerShard;
    this.#index = new SpoolIndex(samplesPerShard);
    this.#reader = new SpoolReader(path, handle, this.#index);
  }

  /**
   * Opens the spool at `path`. A spool that an earlier start left is taken over if it has the same owner, a text that
   * names run and shard. Any other spool is replaced by an empty one, and so is every spool if `owner` is null.
   */
  static async open(path: string, samplesPerShard: number, owner: string | null = null): Promise<Spool> {
    const title = titleOf(owner);
    let handle: FileHandle | null = null;
    try {
      handle = owner === null ? null : await openLeft(path, title);
      if (handle !== null) {
        const spool = new Spool(path, handle, samplesPerShard);
        await spool.#findLeft(title.length);
        return spool;
      }
      await rm(path, { force: true });
      handle = await open(path, O_RDWR | O_CREAT | O_EXCL, 0o600);
      const spool = new Spool(path, handle, samplesPerShard);
      await spool.#write([title], 0);
      spool.#bytes = title.length;
      return spool;
    } catch (error) {
      await handle?.close();
      throw writeError(path, error, 0);
    }
  }

  /** Whether `open` would take over the file at `path`. */
  static async isLeft(path: string, owner: string): Promise<boolean> {
    const handle = await openLeft(path, titleOf(owner));
    await handle?.close();
    return handle !== null;
  }

  /** Number of rows that were appended or taken over. */
  get settled(): number {
    return this.#settled;
  }

  /** Length of the spool's file. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether there is a record for the row at `index`. */
  has(index: number): boolean {
    return this.#index.has(index);
  }

  /**
   * Takes over the outcome that an earlier start left for the row at `index`, once for each row. Null if it left none,
   * or one for a different row: an index from standard input may have changed.
   */
  async takeOver(index: number, row: SampleRow): Promise<SampleResult | null> {
    if (!this.has(index)) return null;
    const { offset, length } = this.#index.of(index);
    const record = await readExactly(this.#handle, offset, length);
    const sample = record && decodeRecord(record);
    if (sample !== null && isDeepStrictEqual(sample.row, asStored(row))) {
      this.#settled += 1;
      return sample.result;
    }
    this.#index.forget(index);
    return null;
  }

  /**
   * Stores the sample of the row at `index` of the shard, once for each row, in any order. Resolves when it is written,
   * together with all that arrives within a hundredth of a second or during the previous write. Rejects with a UserError
   * if the disk refuses.
   */
  append(index: number, sample: SettledSample): Promise<void> {
    const record = encodeRecord(index, sample);
    const length = record.reduce((sum, piece) => sum + piece.length, 0);
    if (this.has(index) || !this.#index.set(index, { offset: this.#bytes, length }))
      throw new Error(`Row ${index} of the spool is settled or out of range`);
    this.#settled += 1;
    return this.#enqueue(record);
  }

  /** The sample of the row at `index`; null while it is not settled. Fast if rows are read in order. */
  async read(index: number): Promise<SettledSample | null> {
    if (!this.has(index)) return null;
    // Records that are appended in the meantime may not be written yet.
    const end = this.#bytes;
    await this.#written;
    return this.#reader.read(index, end);
  }

  /** What another thread needs to read the rows settled so far. */
  async contents(): Promise<SpoolContents> {
    const [bytes, arrays] = [this.#bytes, this.#index.arrays];
    await this.#written;
    return { path: this.#path, bytes, ...arrays };
  }

  /** Closes the file and keeps it. */
  async close(): Promise<void> {
    // Those who appended already know of a failed write.
    await this.#written.catch(() => {});
    await this.#handle.close();
  }

  /** Closes the file and removes it. */
  async remove(): Promise<void> {
    await this.close();
    await rm(this.#path, { force: true });
  }

  /** Finds the intact records and cuts off what follows the last. A later record of a row replaces an earlier one. */
  async #findLeft(start: number): Promise<void> {
    const records = findRecords(this.#handle, start);
    let next = await records.next();
    for (; !next.done; next = await records.next()) {
      const { index, offset, length } = next.value;
      this.#index.set(index, { offset, length });
    }
    this.#bytes = next.value;
    await this.#handle.truncate(next.value);
  }

  /** Roughly what a shard with all its rows has yet to write: the rest of the spool, and the shard's files. */
  get #neededBytes(): number {
    const expected = (this.#bytes / Math.max(1, this.#settled)) * this.#samplesPerShard;
    return Math.ceil(2 * expected - this.#bytes);
  }

  /** Appends the buffers to the file. */
  #enqueue(buffers: readonly Uint8Array[]): Promise<void> {
    if (this.#batch === null) {
      const batch: Uint8Array[] = [];
      const offset = this.#bytes;
      this.#batch = batch;
      this.#written = this.#written.then(async () => {
        await setTimeout(GATHERING_MS);
        this.#batch = null;
        await this.#write(batch, offset);
      });
    }
    this.#batch.push(...buffers);
    for (const { length } of buffers) this.#bytes += length;
    return this.#written;
  }

  async #write(buffers: readonly Uint8Array[], offset: number): Promise<void> {
    try {
      await writeFully(this.#handle, buffers, offset);
    } catch (error) {
      throw writeError(this.#path, error, this.#neededBytes);
    }
  }
}

const titleOf = (owner: string | null): Buffer => Buffer.from(`laion-fetch spool 1 ${owner ?? ''}\n`);

/** Opens a file of ours that begins with this title; null if there is none. */
async function openLeft(path: string, title: Buffer): Promise<FileHandle | null> {
  const handle = await open(path, O_RDWR | O_NOFOLLOW).catch((error: unknown) => {
    // Nothing, a link or a folder.
    if (hasErrno(error, 'ENOENT', 'ELOOP', 'EISDIR')) return null;
    throw error;
  });
  if (handle === null) return null;
  const { uid, nlink } = await handle.stat();
  const isOurs = uid === (process.getuid?.() ?? uid) && nlink === 1;
  if (isOurs && (await readExactly(handle, 0, title.length))?.equals(title)) return handle;
  await handle.close();
  return null;
}

/** The row as it comes out of a record, without what serialization loses, such as a Buffer's class. */
const asStored = (row: SampleRow): unknown => deserialize(serialize(row));
