import { ObjectError } from '../../objects/interface/object-error.ts';
import type { ObjectEntry, ObjectReader } from '../../objects/interface/object-reader.ts';
import type { LocalParts, RemoteSource } from '../file/index-file.ts';
import { readError } from './read-error.ts';
import { RemoteParts } from './remote-parts.ts';

/** A file of the index in an object store, in a dataset of a hub or on a web server. */
export class RemoteFile implements RemoteSource {
  readonly address: string;
  readonly bytes: number;
  readonly version: string | null;
  readonly fileName: string;
  readonly #reader: ObjectReader;
  readonly #entry: ObjectEntry;
  #parts: Promise<RemoteParts> | null = null;
  #readers = 0;

  constructor(reader: ObjectReader, entry: ObjectEntry, fileName: string) {
    this.address = reader.address(entry.key);
    this.bytes = entry.bytes;
    this.version = entry.version;
    this.fileName = fileName;
    this.#reader = reader;
    this.#entry = entry;
  }

  /** Its first bytes, without a temporary file. */
  async readHead(length: number): Promise<Buffer> {
    const wanted = Math.min(length, this.bytes);
    if (wanted === 0) return Buffer.alloc(0);
    const { key, version } = this.#entry;
    const pieces: Uint8Array[] = [];
    try {
      const range = { length: wanted, ...(version !== null && { version }) };
      for await (const piece of this.#reader.read(key, range)) pieces.push(piece);
    } catch (error) {
      throw error instanceof ObjectError ? readError(this.address, error) : error;
    }
    return Buffer.concat(pieces);
  }

  async open(): Promise<LocalParts> {
    this.#readers += 1;
    this.#parts ??= RemoteParts.create(this.#reader, this.#entry);
    const opened = this.#parts;
    try {
      return this.#shared(await opened);
    } catch (error) {
      await this.#release(opened);
      throw error;
    }
  }

  #shared(parts: RemoteParts): LocalParts {
    const opened = this.#parts;
    let isOpen = true;
    return {
      path: parts.path,
      fetch: (from, end) => parts.fetch(from, end),
      fetchRest: () => parts.fetchRest(),
      abort: (reason) => parts.abort(reason),
      close: async () => {
        if (isOpen) await this.#release(opened);
        isOpen = false;
      },
    };
  }

  async #release(opened: Promise<RemoteParts> | null): Promise<void> {
    this.#readers -= 1;
    if (this.#readers > 0) return;
    this.#parts = null;
    const parts = await opened?.catch(() => null);
    await parts?.close();
  }
}
