import type { SampleKey } from '../../core/samples.ts';
import { indexFiles, TarIndexes } from '../loader-files/tar/tar-indexes.ts';
import type { FileDigests } from '../metadata/stats.ts';
import type { NewFile, Transaction } from '../store/store.ts';
import { MemberHeaders } from './member-header.ts';
import type { Member, SampleSink, SinkOptions } from './sample-sink.ts';

const BLOCK_BYTES = 512;
const RECORD_BYTES = 10_240;
/** Bytes to collect for one write. */
const BATCH_BYTES = 1 << 20;
const ZEROS = new Uint8Array(RECORD_BYTES);

/**
 * Writes samples as a tar in the webdataset layout: the members of a sample are adjacent, `KEY.jpg`, `KEY.json`. With
 * loader files, it also writes the indexes of the tar, of which it knows every position.
 */
export class TarSink implements SampleSink {
  readonly #transaction: Transaction;
  readonly #file: NewFile;
  readonly #name: string;
  readonly #headers: MemberHeaders;
  readonly #indexes: TarIndexes | null;
  #batch: Uint8Array[] = [];
  #batchBytes = 0;

  private constructor(
    transaction: Transaction,
    file: NewFile,
    name: string,
    headers: MemberHeaders,
    indexes: TarIndexes | null,
  ) {
    this.#transaction = transaction;
    this.#file = file;
    this.#name = name;
    this.#headers = headers;
    this.#indexes = indexes;
  }

  static async create(
    transaction: Transaction,
    name: string,
    { loaderFiles }: SinkOptions,
  ): Promise<TarSink> {
    const headers = await MemberHeaders.create();
    const indexes = loaderFiles ? new TarIndexes() : null;
    return new TarSink(transaction, await transaction.createFile(name), name, headers, indexes);
  }

  async add(key: SampleKey, members: readonly Member[]): Promise<readonly []> {
    for (const { extension, bytes } of members) {
      const name = `${key}.${extension}`;
      const header = this.#position;
      this.#gather(this.#headers.of(name, bytes.length));
      this.#indexes?.add({ name, header, start: this.#position, bytes: bytes.length });
      this.#gather(bytes);
      this.#fillUp(BLOCK_BYTES);
    }
    if (this.#batchBytes >= BATCH_BYTES) await this.#write();
    return [];
  }

  sizeWith(members: readonly Member[]): number {
    const added = members.reduce(
      (sum, { bytes }) => sum + BLOCK_BYTES + padded(bytes.length, BLOCK_BYTES),
      0,
    );
    return padded(this.#position + added + 2 * BLOCK_BYTES, RECORD_BYTES);
  }

  async finish(): Promise<FileDigests> {
    this.#gather(ZEROS.subarray(0, 2 * BLOCK_BYTES));
    this.#fillUp(RECORD_BYTES);
    await this.#write();
    const digest = await this.#file.finish();
    const indexes = this.#indexes === null ? [] : indexFiles(this.#name, this.#indexes);
    for (const { name, content } of indexes) {
      const index = await this.#transaction.createFile(name);
      await index.write([content]);
      await index.finish();
    }
    return { [this.#name]: digest };
  }

  get #position(): number {
    return this.#file.size + this.#batchBytes;
  }

  #gather(bytes: Uint8Array): void {
    this.#batch.push(bytes);
    this.#batchBytes += bytes.length;
  }

  /** Pads with zeros to the next multiple of `unit` bytes. */
  #fillUp(unit: number): void {
    const surplus = this.#position % unit;
    if (surplus > 0) this.#gather(ZEROS.subarray(0, unit - surplus));
  }

  async #write(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    await this.#file.write(batch);
  }
}

/** The next multiple of `unit`. */
const padded = (bytes: number, unit: number): number => Math.ceil(bytes / unit) * unit;
