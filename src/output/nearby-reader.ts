import type { FileHandle } from 'node:fs/promises';

const BLOCK_BYTES = 1 << 20;
/** Bounds the memory. */
const MAX_BLOCKS = 16;

/**
 * Reads pieces of a file that lie near each other, in about the order in which they are asked for: a block of a
 * mebibyte at a time, of which the last few are kept. The file may grow meanwhile, but not change.
 */
export class NearbyReader {
  readonly #file: FileHandle;
  /** By their number in the file, the one that was read first first. */
  readonly #blocks = new Map<number, Promise<Buffer>>();

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** The bytes, which must not be changed; null where the file ends before. */
  async read(offset: number, length: number): Promise<Buffer | null> {
    const number = Math.floor(offset / BLOCK_BYTES);
    const start = offset - number * BLOCK_BYTES;
    const end = start + length;
    if (end <= BLOCK_BYTES) {
      const block = await this.#block(number);
      if (end <= block.length) return block.subarray(start, end);
    }
    return readExactly(this.#file, offset, length);
  }

  #block(number: number): Promise<Buffer> {
    const known = this.#blocks.get(number);
    if (known !== undefined) return known;
    const [oldest] = this.#blocks.keys();
    if (this.#blocks.size === MAX_BLOCKS && oldest !== undefined) this.#blocks.delete(oldest);
    const block = readUpTo(this.#file, number * BLOCK_BYTES, BLOCK_BYTES);
    this.#blocks.set(number, block);
    return block;
  }
}

/** Null where the file ends before. */
export async function readExactly(file: FileHandle, offset: number, length: number): Promise<Buffer | null> {
  const bytes = await readUpTo(file, offset, length);
  return bytes.length === length ? bytes : null;
}

/** Fewer bytes where the file ends before. */
async function readUpTo(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let filled = 0; filled < length; ) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) return bytes.subarray(0, filled);
    filled += bytesRead;
  }
  return bytes;
}
