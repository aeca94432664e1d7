/** Collects the parts of one piece of bytes and drops them all once they exceed `maxBytes`. */
export class CappedBytes {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes pushed since the last `take`, including dropped ones. */
  get length(): number {
    return this.#length;
  }

  push(part: Buffer): void {
    this.#length += part.length;
    if (this.#length > this.#maxBytes) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part);
  }

  /** Returns the piece, or null if it was too long, and starts an empty one. */
  take(): Buffer | null {
    const [first] = this.#parts;
    const whole = this.#parts.length === 1 && first !== undefined ? first : Buffer.concat(this.#parts);
    const tooLong = this.#length > this.#maxBytes;
    this.#parts = [];
    this.#length = 0;
    return tooLong ? null : whole;
  }
}
