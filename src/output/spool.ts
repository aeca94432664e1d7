import { type FileHandle, open, rm } from 'node:fs/promises';
import { deserialize, serialize } from 'node:v8';
import { outputError } from '../core/errors.ts';
import type { EncodedImage, Failure, SampleResult, SampleRow, Success } from '../core/samples.ts';
import { writeError } from './write-error.ts';
import { writeFully } from './write-fully.ts';

/** A row of the index with the outcome it ended as. */
export interface SettledSample {
  readonly row: SampleRow;
  readonly result: SampleResult;
}

/** A settled sample without its picture, which follows in the record as it is. */
interface StoredSample {
  readonly row: SampleRow;
  readonly result: Failure | (Omit<Success, 'image'> & { readonly image: Omit<EncodedImage, 'bytes'> });
}

const UNSETTLED = -1;
const HEADER_BYTES = 8;
/** Rows that the index has room for from its first row on. */
const LEAST_ROWS = 256;

/**
 * The samples of one open shard, waiting in a file until the last is settled. In memory each row up to the last that
 * is settled takes 12 to 24 bytes, whatever its picture. A record is: length of the facts and of the picture (32 bits each, little-endian), the facts
 * in V8's serialization, the picture.
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

  private constructor(path: string, handle: FileHandle, samplesPerShard: number) {
    this.#path = path;
    this.#handle = handle;
    this.#samplesPerShard = samplesPerShard;
  }

  /** Starts an empty spool at `path`, in place of one that an interrupted run left. */
  static async open(path: string, samplesPerShard: number): Promise<Spool> {
    try {
      await rm(path, { force: true });
      return new Spool(path, await open(path, 'wx+', 0o600), samplesPerShard);
    } catch (error) {
      throw writeError(path, error, 0);
    }
  }

  /** Rows that have been appended. */
  get settled(): number {
    return this.#settled;
  }

  /** Length of the spool's file. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Stores the sample of the row at `index` of the shard, in any order, once each. Resolves when it is written: what
   * arrives while a write is under way goes with the next one. Rejects with a UserError where the disk refuses.
   */
  append(index: number, { row, result }: SettledSample): Promise<void> {
    this.#makeRoom(index);
    if (this.#offsets[index] !== UNSETTLED)
      throw new Error(`Row ${index} of the spool is settled or out of range`);
    const picture = result.ok ? result.image.bytes : new Uint8Array();
    const facts = serialize({
      row,
      result: result.ok ? withoutPicture(result) : result,
    } satisfies StoredSample);
    const header = Buffer.allocUnsafe(HEADER_BYTES);
    header.writeUInt32LE(facts.length, 0);
    header.writeUInt32LE(picture.length, 4);

    const offset = this.#bytes;
    const length = HEADER_BYTES + facts.length + picture.length;
    this.#offsets[index] = offset;
    this.#lengths[index] = length;
    this.#bytes += length;
    this.#settled += 1;
    return this.#enqueue(offset, [header, facts, picture]);
  }

  /** The sample of the row at `index`; null while it is not settled. */
  async read(index: number): Promise<SettledSample | null> {
    const offset = this.#offsets[index] ?? UNSETTLED;
    if (offset === UNSETTLED) return null;
    await this.#written;
    const record = await this.#readRecord(offset, this.#lengths[index] ?? 0);
    const pictureStart = HEADER_BYTES + record.readUInt32LE(0);
    const { row, result } = deserialize(record.subarray(HEADER_BYTES, pictureStart)) as StoredSample;
    if (!result.ok) return { row, result };
    return { row, result: { ...result, image: { ...result.image, bytes: record.subarray(pictureStart) } } };
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

  #enqueue(offset: number, buffers: readonly Uint8Array[]): Promise<void> {
    if (this.#batch === null) {
      const batch: Uint8Array[] = [];
      this.#batch = batch;
      this.#written = this.#written.then(() => this.#writeBatch(batch, offset));
    }
    this.#batch.push(...buffers);
    return this.#written;
  }

  async #writeBatch(batch: readonly Uint8Array[], offset: number): Promise<void> {
    this.#batch = null;
    try {
      await writeFully(this.#handle, batch, offset);
    } catch (error) {
      throw writeError(this.#path, error, this.#bytes);
    }
  }

  async #readRecord(offset: number, length: number): Promise<Buffer> {
    const record = Buffer.allocUnsafe(length);
    for (let filled = 0; filled < length; ) {
      const { bytesRead } = await this.#handle.read(record, filled, length - filled, offset + filled);
      if (bytesRead === 0)
        throw outputError(`Cannot read back '${this.#path}': it ends before byte ${offset + length}`);
      filled += bytesRead;
    }
    return record;
  }
}

function withoutPicture({ image: { bytes: _, ...image }, ...result }: Success) {
  return { ...result, image };
}
