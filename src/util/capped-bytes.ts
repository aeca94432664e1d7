/** Gathers the parts of one piece of bytes and forgets them all once they are more than `maxBytes`. */
export class CappedBytes {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes seen since the last `take`, forgotten ones included. */
  get length(): number {
    return this.#length;
  }

  push(part: Buffer): void {
    this.#length += part.length;
    if (this.#length > this.#maxBytes) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part);
  }

  /** The piece, or null when it was too long; the next one begins empty. */
  take(): Buffer | null {
    const [first] = this.#parts;
    const whole = this.#parts.length === 1 && first !== undefined ? first : Buffer.concat(this.#parts);
    const tooLong = this.#length > this.#maxBytes;
    this.#parts = [];
    this.#length = 0;
    return tooLong ? null : whole;
  }
}
