/** Bytes in order whose start can be looked at before they are read. */
export class PeekedBytes {
  readonly #rest: AsyncIterator<Buffer>;
  #head: Buffer = Buffer.alloc(0);
  #isWhole = false;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#rest = chunks[Symbol.asyncIterator]();
  }

  /** Whether what was peeked at is everything. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** The start, as long as `isEnough` asks for, or all bytes. */
  async peek(isEnough: (head: Buffer) => boolean): Promise<Buffer> {
    while (!this.#isWhole && !isEnough(this.#head)) {
      const next = await this.#rest.next();
      if (next.done) this.#isWhole = true;
      else this.#head = Buffer.concat([this.#head, next.value]);
    }
    return this.#head;
  }

  /** All bytes from the start on; to be called once. */
  async *chunks(): AsyncGenerator<Buffer> {
    if (this.#head.length > 0) yield this.#head;
    this.#head = Buffer.alloc(0);
    for (let next = await this.#rest.next(); !next.done; next = await this.#rest.next()) yield next.value;
  }
}
