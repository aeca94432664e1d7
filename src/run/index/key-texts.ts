const CHUNK_BYTES = 1 << 20;
const MAX_TEXT_BYTES = 255;

/** Where a text is: the number of its chunk and the offset there. */
export type TextPlace = readonly [chunk: number, offset: number];

/** Keeps short ASCII texts in memory, each in as many bytes as it has characters, and one more. */
export class KeyTexts {
  readonly #chunks: Buffer[] = [];
  #used = CHUNK_BYTES;

  add(text: string): TextPlace {
    if (text.length > MAX_TEXT_BYTES) throw new Error(`A key of ${text.length} characters`);
    if (this.#used + 1 + text.length > CHUNK_BYTES) {
      this.#chunks.push(Buffer.alloc(CHUNK_BYTES));
      this.#used = 0;
    }
    const chunk = this.#chunks.length - 1;
    const offset = this.#used;
    const bytes = this.#chunks[chunk];
    bytes?.writeUInt8(text.length, offset);
    bytes?.write(text, offset + 1, 'latin1');
    this.#used += 1 + text.length;
    return [chunk, offset];
  }

  at([chunk, offset]: TextPlace): string {
    const bytes = this.#chunks[chunk];
    if (bytes === undefined) throw new Error(`There is no chunk ${chunk}`);
    return bytes.toString('latin1', offset + 1, offset + 1 + bytes.readUInt8(offset));
  }
}
