export const TAR_BLOCK_BYTES = 512;

/** Reads a file from start to end in pieces of the requested length. */
export interface BlockReader {
  /** Number of bytes read or skipped so far. */
  readonly position: number;
  /** The next bytes, fewer only at the end of the file. */
  read(length: number): Promise<Buffer>;
  /** Skips bytes; resolves to their number, which is smaller than `length` only at the end of the file. */
  skip(length: number): Promise<number>;
}

export function blocksOf(file: AsyncIterable<Buffer>): BlockReader {
  return new ChunkedBlocks(file[Symbol.asyncIterator]());
}

export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

class ChunkedBlocks implements BlockReader {
  position = 0;
  readonly #chunks: AsyncIterator<Buffer>;
  /** Bytes read from the file but not yet returned. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterator<Buffer>) {
    this.#chunks = chunks;
  }

  async read(length: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let missing = length; missing > 0; ) {
      const piece = await this.#take(missing);
      if (piece === null) break;
      pieces.push(piece);
      missing -= piece.length;
    }
    const [first] = pieces;
    return pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces);
  }

  async skip(length: number): Promise<number> {
    let missing = length;
    while (missing > 0) {
      const piece = await this.#take(missing);
      if (piece === null) break;
      missing -= piece.length;
    }
    return length - missing;
  }

  /** Up to `most` bytes; null at the end of the file. */
  async #take(most: number): Promise<Buffer | null> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done) return null;
      this.#rest = next.value;
    }
    const piece = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(piece.length);
    this.position += piece.length;
    return piece;
  }
}
