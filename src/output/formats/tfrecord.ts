import type { SampleKey } from '../../core/samples.ts';
import { crc32c } from '../../util/crc32c.ts';
import type { FileDigests } from '../metadata/stats.ts';
import type { NewFile, Transaction } from '../store/store.ts';
import type { Member, SampleSink, SinkOptions } from './sample-sink.ts';

/** Bytes of a record beside its content. */
const FRAME_BYTES = 16;
/** Bytes to collect for one write. */
const BATCH_BYTES = 1 << 20;

/** Writes samples as TFRecord: for each member its length, the length's checksum, the bytes and their checksum. */
export class TfRecordSink implements SampleSink {
  readonly #file: NewFile;
  readonly #name: string;
  #batch: Uint8Array[] = [];
  #batchBytes = 0;

  private constructor(file: NewFile, name: string) {
    this.#file = file;
    this.#name = name;
  }

  static async create(transaction: Transaction, name: string, _: SinkOptions): Promise<TfRecordSink> {
    return new TfRecordSink(await transaction.createFile(name), name);
  }

  async add(_key: SampleKey, members: readonly Member[]): Promise<readonly []> {
    for (const { bytes } of members) {
      const head = Buffer.alloc(12);
      head.writeBigUInt64LE(BigInt(bytes.length));
      head.writeUInt32LE(maskedCrc(head.subarray(0, 8)), 8);
      const tail = Buffer.alloc(4);
      tail.writeUInt32LE(maskedCrc(bytes));
      this.#batch.push(head, bytes, tail);
      this.#batchBytes += head.length + bytes.length + tail.length;
    }
    if (this.#batchBytes >= BATCH_BYTES) await this.#write();
    return [];
  }

  sizeWith(members: readonly Member[]): number {
    const added = members.reduce((sum, { bytes }) => sum + FRAME_BYTES + bytes.length, 0);
    return this.#file.size + this.#batchBytes + added;
  }

  async finish(): Promise<FileDigests> {
    await this.#write();
    return { [this.#name]: await this.#file.finish() };
  }

  async #write(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    if (batch.length > 0) await this.#file.write(batch);
  }
}

/** TensorFlow's mask, so that a checksum of data that holds checksums still says something. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
