import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { outputError } from '../core/errors.ts';
import type { SampleResult, SampleRow } from '../core/samples.ts';
import { type Place, readExactly, readPlaces } from './read-places.ts';
import { decodeRecord, encodeRecord, findRecords, type SettledSample } from './spool-record.ts';
import { writeError } from './write-error.ts';
import { writeFully } from './write-fully.ts';

export type { SettledSample } from './spool-record.ts';

const UNSETTLED = -1;
/** What is read at once of the rows that are probably asked for next, and of how many rows. */
const READ_AHEAD = { bytes: 2 ** 20, rows: 512 } as const;
/** Rows that the index has room for from its first row on. */
const LEAST_ROWS = 256;
/** A write for each sample, and the read that it makes necessary, would cost the engine a tenth of its time. */
const GATHERING_MS = 10;
const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/**
 * The samples of one open shard, waiting in a file until the last is settled. In memory each row up to the last that
 * is settled takes 12 to 24 bytes, whatever its picture. The file is a journal: a line that names its format and its
 * owner, then records that each prove themselves whole, so that a later start of the same run can go on with it.
 */
export class Spool {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #samplesPerShard: number;
  #offsets = new Float64Array();
  #lengths = new Uint32Array();
  #settled = 0;
  #bytes = 0;
  /** Buffers that the next write will take. */
  #batch: Uint8Array[] | null = null;
  #written: Promise<void> = Promise.resolve();
  /** Records that were read together, by their rows; null where the file has lost one. */
  #ahead: ReadonlyMap<number, Buffer | null> = new Map();

  private constructor(path: string, handle: FileHandle, samplesPerShard: number) {
    this.#path = path;
    this.#handle = handle;
    this.#samplesPerShard = samplesPerShard;
  }

  /**
   * Opens the spool at `path`. One that an earlier start left is taken over where it has the same owner, a text
   * that names run and shard; any other, and every one where the owner is null, is replaced by an empty one.
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

  /** Whether `open` would take over what stands at `path`. */
  static async isLeft(path: string, owner: string): Promise<boolean> {
    const handle = await openLeft(path, titleOf(owner));
    await handle?.close();
    return handle !== null;
  }

  /** Rows that have been appended or taken over. */
  get settled(): number {
    return this.#settled;
  }

  /** Length of the spool's file. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether there is a record for the row at `index`. */
  has(index: number): boolean {
    return (this.#offsets[index] ?? UNSETTLED) !== UNSETTLED;
  }

  /**
   * Takes over the outcome that an earlier start left for the row at `index`, once each; null where it left none, or
   * one for another row than this: an index from standard input may not be what it was.
   */
  async takeOver(index: number, row: SampleRow): Promise<SampleResult | null> {
    if (!this.has(index)) return null;
    const { offset, length } = this.#placeOf(index);
    const record = await readExactly(this.#handle, offset, length);
    const sample = record && decodeRecord(record);
    if (sample !== null && isDeepStrictEqual(sample.row, asStored(row))) {
      this.#settled += 1;
      return sample.result;
    }
    this.#offsets[index] = UNSETTLED;
    return null;
  }

  /**
   * Stores the sample of the row at `index` of the shard, in any order, once each. Resolves when it is written, with
   * what else arrives in a hundredth of a second or while a write is under way. Rejects with a UserError where the disk refuses.
   */
  append(index: number, sample: SettledSample): Promise<void> {
    this.#makeRoom(index);
    if (this.#offsets[index] !== UNSETTLED)
      throw new Error(`Row ${index} of the spool is settled or out of range`);
    const record = encodeRecord(index, sample);
    this.#offsets[index] = this.#bytes;
    this.#lengths[index] = record.reduce((sum, { length }) => sum + length, 0);
    this.#settled += 1;
    return this.#enqueue(record);
  }

  /** The sample of the row at `index`; null while it is not settled. Quick where rows are asked for in their order. */
  async read(index: number): Promise<SettledSample | null> {
    if (!this.has(index)) return null;
    // What is appended meanwhile may not be written yet.
    const end = this.#bytes;
    await this.#written;
    if (!this.#ahead.has(index)) this.#ahead = await this.#readAhead(index, end);
    const record = this.#ahead.get(index) ?? null;
    const sample = record && decodeRecord(record);
    if (sample !== null) return sample;
    const found = `the bytes from ${this.#offsets[index]} on are not those that were written`;
    const remedy = 'run the same command again, and what is lost is fetched again';
    throw outputError(`Cannot read back '${this.#path}': ${found}; ${remedy}`);
  }

  /** Closes the file and leaves it. */
  async close(): Promise<void> {
    // A failed write has already been told to those who appended.
    await this.#written.catch(() => {});
    await this.#handle.close();
  }

  /** Closes the file and removes it. */
  async remove(): Promise<void> {
    await this.close();
    await rm(this.#path, { force: true });
  }

  #placeOf(index: number): Place {
    return { offset: this.#offsets[index] ?? 0, length: this.#lengths[index] ?? 0 };
  }

  /** The records of the row at `first` and of settled rows behind it, which may lie anywhere in the file up to `end`. */
  async #readAhead(first: number, end: number): Promise<Map<number, Buffer | null>> {
    const rows: number[] = [];
    let bytes = 0;
    for (let index = first; index < this.#offsets.length && rows.length < READ_AHEAD.rows; index += 1) {
      const { offset, length } = this.#placeOf(index);
      if (!this.has(index) || offset >= end) continue;
      bytes += length;
      if (rows.length > 0 && bytes > READ_AHEAD.bytes) break;
      rows.push(index);
    }
    const records = await readPlaces(
      this.#handle,
      rows.map((index) => this.#placeOf(index)),
    );
    return new Map(rows.map((index, position) => [index, records[position] ?? null]));
  }

  /** Finds the records that are sound and cuts off what follows the last; a later one of a row replaces an earlier. */
  async #findLeft(start: number): Promise<void> {
    const records = findRecords(this.#handle, start);
    let next = await records.next();
    for (; !next.done; next = await records.next()) {
      const { index, offset, length } = next.value;
      this.#makeRoom(index);
      if (index >= this.#offsets.length) continue;
      this.#offsets[index] = offset;
      this.#lengths[index] = length;
    }
    this.#bytes = next.value;
    await this.#handle.truncate(next.value);
  }

  /** Grows with the rows that come: a shard may be planned for millions and get a hundred. */
  #makeRoom(index: number): void {
    if (index < this.#offsets.length || index >= this.#samplesPerShard) return;
    const rows = Math.min(this.#samplesPerShard, Math.max(LEAST_ROWS, 2 * this.#offsets.length, index + 1));
    const offsets = new Float64Array(rows).fill(UNSETTLED);
    offsets.set(this.#offsets);
    this.#offsets = offsets;
    const lengths = new Uint32Array(rows);
    lengths.set(this.#lengths);
    this.#lengths = lengths;
  }

  /** About what is still to be written of a shard that gets all its rows: the rest of the spool, and the shard's files. */
  get #neededBytes(): number {
    const expected = (this.#bytes / Math.max(1, this.#settled)) * this.#samplesPerShard;
    return Math.ceil(2 * expected - this.#bytes);
  }

  /** Puts the buffers at the end of the file. */
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

/** A file of ours that begins with this title; null where there is none. */
async function openLeft(path: string, title: Buffer): Promise<FileHandle | null> {
  const handle = await open(path, O_RDWR | O_NOFOLLOW).catch((error: NodeJS.ErrnoException) => {
    // Nothing, a link or a folder.
    if (['ENOENT', 'ELOOP', 'EISDIR'].includes(error.code ?? '')) return null;
    throw error;
  });
  if (handle === null) return null;
  const { uid, nlink } = await handle.stat();
  const isOurs = uid === (process.getuid?.() ?? uid) && nlink === 1;
  if (isOurs && (await readExactly(handle, 0, title.length))?.equals(title)) return handle;
  await handle.close();
  return null;
}

/** The row as it comes out of a record: without what serialization does not keep, such as a Buffer's class. */
const asStored = (row: SampleRow): unknown => deserialize(serialize(row));
