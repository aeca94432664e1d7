import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import type { SampleKey } from '../core/samples.ts';
import { type FileDigest, PendingFile } from './pending-file.ts';
import type { Member, SampleSink } from './sample-sink.ts';

/** The same for every member, as webdataset's own writer has it; a fixed time keeps tars byte-identical. */
const ATTRIBUTES = { mode: 0o444, uid: 0, gid: 0, uname: 'bigdata', gname: 'bigdata', mtime: new Date(0) };
const RECORD_BYTES = 10_240;
const BUFFER_BYTES = 1 << 20;

/** Writes samples as a tar in the webdataset layout: a sample's members beside each other, `KEY.jpg`, `KEY.json`. */
export class TarSink implements SampleSink {
  readonly #file: PendingFile;
  readonly #pack = pack();
  readonly #written: Promise<void>;

  private constructor(file: PendingFile) {
    this.#file = file;
    this.#written = pipeline(this.#pack, fileStream(file));
    // Whoever adds or finishes meets the failure; until then it must not count as unhandled.
    this.#written.catch(() => {});
  }

  static async create(path: string, shardBytes: number): Promise<TarSink> {
    return new TarSink(await PendingFile.create(path, shardBytes));
  }

  async add(key: SampleKey, members: readonly Member[]): Promise<readonly []> {
    try {
      for (const { extension, bytes } of members) await this.#addMember(`${key}.${extension}`, bytes);
      return [];
    } catch (error) {
      // The tar's own complaint says only that it was closed; the reason is with the file.
      await this.#written;
      throw error;
    }
  }

  async finish(): Promise<FileDigest> {
    this.#pack.finalize();
    await this.#written;
    const surplus = this.#file.size % RECORD_BYTES;
    if (surplus > 0) await this.#file.write([new Uint8Array(RECORD_BYTES - surplus)]);
    return this.#file.finish();
  }

  async discard(): Promise<void> {
    this.#pack.destroy();
    await this.#written.catch(() => {});
    await this.#file.discard();
  }

  #addMember(name: string, bytes: Uint8Array): Promise<void> {
    const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return new Promise((resolve, reject) => {
      this.#pack.entry({ ...ATTRIBUTES, name }, body, (error) => (error ? reject(error) : resolve()));
    });
  }
}

/** Hands the file what has gathered while it was busy, in one write. */
function fileStream(file: PendingFile): Writable {
  return new Writable({
    highWaterMark: BUFFER_BYTES,
    writev(chunks, callback) {
      file.write(chunks.map(({ chunk }) => chunk)).then(() => callback(), callback);
    },
  });
}
