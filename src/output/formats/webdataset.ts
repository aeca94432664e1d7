import type { SampleKey } from '../../core/samples.ts';
import type { FileDigest, NewFile, Transaction } from '../store/store.ts';
import { MemberHeaders } from './member-header.ts';
import type { Member, SampleSink } from './sample-sink.ts';

const BLOCK_BYTES = 512;
const RECORD_BYTES = 10_240;
/** Bytes to collect for one write. */
const BATCH_BYTES = 1 << 20;
const ZEROS = new Uint8Array(RECORD_BYTES);

/** Writes samples as a tar in the webdataset layout: the members of a sample are adjacent, `KEY.jpg`, `KEY.json`. */
export class TarSink implements SampleSink {
  readonly #file: NewFile;
  readonly #headers: MemberHeaders;
  #batch: Uint8Array[] = [];
  #batchBytes = 0;

  private constructor(file: NewFile, headers: MemberHeaders) {
    this.#file = file;
    this.#headers = headers;
  }

  static async create(transaction: Transaction, name: string): Promise<TarSink> {
    const headers = await MemberHeaders.create();
    return new TarSink(await transaction.createFile(name), headers);
  }

  async add(key: SampleKey, members: readonly Member[]): Promise<readonly []> {
    for (const { extension, bytes } of members) {
      this.#gather(this.#headers.of(`${key}.${extension}`, bytes.length));
      this.#gather(bytes);
      this.#fillUp(BLOCK_BYTES);
    }
    if (this.#batchBytes >= BATCH_BYTES) await this.#write();
    return [];
  }

  async finish(): Promise<FileDigest> {
    this.#gather(ZEROS.subarray(0, 2 * BLOCK_BYTES));
    this.#fillUp(RECORD_BYTES);
    await this.#write();
    return this.#file.finish();
  }

  #gather(bytes: Uint8Array): void {
    this.#batch.push(bytes);
    this.#batchBytes += bytes.length;
  }

  /** Pads with zeros to the next multiple of `unit` bytes. */
  #fillUp(unit: number): void {
    const surplus = (this.#file.size + this.#batchBytes) % unit;
    if (surplus > 0) this.#gather(ZEROS.subarray(0, unit - surplus));
  }

  async #write(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    await this.#file.write(batch);
  }
}
