import pLimit from 'p-limit';
import { ObjectError } from '../../objects/interface/object-error.ts';
import type { ObjectEntry, ObjectReader } from '../../objects/interface/object-reader.ts';
import type { LocalParts } from '../file/index-file.ts';
import { openScratch, type ScratchFile, unwritable } from '../file/scratch-file.ts';
import { readError } from './read-error.ts';

/** Fetched bytes are counted in blocks; a request asks for at most so many that follow on each other. */
const BLOCK_BYTES = 256 * 1024;
const BLOCKS_PER_REQUEST = 32;
const REQUESTS_AT_A_TIME = 4;

/** Parts of one object in a temporary file, which takes only the space of what was fetched. */
export class RemoteParts implements LocalParts {
  readonly path: string;
  readonly #scratch: ScratchFile;
  readonly #reader: ObjectReader;
  readonly #entry: ObjectEntry;
  readonly #limit = pLimit(REQUESTS_AT_A_TIME);
  readonly #stop = new AbortController();
  /** 1 for a block that is there. */
  readonly #blocks: Uint8Array;
  /** Blocks that are on their way. */
  readonly #coming = new Map<number, Promise<void>>();

  static async create(reader: ObjectReader, entry: ObjectEntry): Promise<RemoteParts> {
    const scratch = await openScratch(reader.address(entry.key));
    await scratch.file.truncate(entry.bytes);
    return new RemoteParts(scratch, reader, entry);
  }

  private constructor(scratch: ScratchFile, reader: ObjectReader, entry: ObjectEntry) {
    this.path = scratch.path;
    this.#scratch = scratch;
    this.#reader = reader;
    this.#entry = entry;
    this.#blocks = new Uint8Array(Math.ceil(entry.bytes / BLOCK_BYTES));
  }

  async fetch(from: number, end: number): Promise<void> {
    const { bytes, isSequential = false } = this.#entry;
    const [start, stop] = isSequential ? [0, bytes] : [Math.max(0, from), Math.min(end, bytes)];
    const awaited = this.#request(Math.floor(start / BLOCK_BYTES), Math.ceil(stop / BLOCK_BYTES));
    if (awaited.size > 0) await Promise.all(awaited);
  }

  async fetchRest(): Promise<void> {
    if (this.#entry.isSequential) return this.fetch(0, this.#entry.bytes).catch(() => {});
    for (let block = 0; block < this.#blocks.length && !this.#stop.signal.aborted; block += 1) {
      if (this.#blocks[block] === 1) continue;
      try {
        await this.fetch(block * BLOCK_BYTES, (block + BLOCKS_PER_REQUEST) * BLOCK_BYTES);
      } catch {
        return;
      }
    }
  }

  abort(reason: unknown): void {
    this.#stop.abort(reason);
  }

  async close(): Promise<void> {
    this.abort(new Error('The index file was closed while it was fetched'));
    await Promise.allSettled(this.#coming.values());
    await this.#scratch.close();
  }

  /** Asks for the blocks from `first` to `end` that are missing; returns what is awaited until all are there. */
  #request(first: number, end: number): ReadonlySet<Promise<void>> {
    const awaited = new Set<Promise<void>>();
    for (let block = first; block < end; ) {
      const coming = this.#coming.get(block);
      if (coming !== undefined) awaited.add(coming);
      if (coming !== undefined || this.#blocks[block] === 1) {
        block += 1;
        continue;
      }
      const most = this.#entry.isSequential ? end : Math.min(end, block + BLOCKS_PER_REQUEST);
      let last = block + 1;
      while (last < most && this.#blocks[last] !== 1 && !this.#coming.has(last)) last += 1;
      awaited.add(this.#start(block, last));
      block = last;
    }
    return awaited;
  }

  #start(first: number, end: number): Promise<void> {
    const done = this.#limit(() => this.#fetchBlocks(first, end)).finally(() => {
      for (let block = first; block < end; block += 1) this.#coming.delete(block);
    });
    for (let block = first; block < end; block += 1) this.#coming.set(block, done);
    return done;
  }

  async #fetchBlocks(first: number, end: number): Promise<void> {
    const { key, bytes, version } = this.#entry;
    const { signal } = this.#stop;
    signal.throwIfAborted();
    const address = this.#reader.address(key);
    const offset = first * BLOCK_BYTES;
    const length = Math.min(end * BLOCK_BYTES, bytes) - offset;
    let written = 0;
    try {
      const range = { offset, length, signal, ...(version !== null && { version }) };
      for await (const piece of this.#reader.read(key, range)) {
        await this.#write(piece, offset + written, address);
        written += piece.length;
      }
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof ObjectError ? readError(address, error) : error;
    }
    if (written !== length) {
      const found = `it ends at byte ${offset + written}, before byte ${offset + length}`;
      throw readError(address, new ObjectError('changed', `${found}; run the same command again`));
    }
    this.#blocks.fill(1, first, end);
  }

  async #write(piece: Uint8Array, position: number, address: string): Promise<void> {
    for (let written = 0; written < piece.length; ) {
      const rest = piece.length - written;
      const { bytesWritten } = await this.#scratch.file
        .write(piece, written, rest, position + written)
        .catch((error: unknown) => {
          throw unwritable(address, error);
        });
      written += bytesWritten;
    }
  }
}
