/** Pieces of a file, joined only when they are enough for what is to be read. */
export class Pieces {
  #held: Buffer[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  add(piece: Buffer): void {
    this.#held.push(piece);
    this.#bytes += piece.length;
  }

  join(): Buffer {
    const [first] = this.#held;
    if (first !== undefined && this.#held.length === 1) return first;
    const joined = Buffer.concat(this.#held);
    this.#held = [joined];
    return joined;
  }

  drop(bytes: number): void {
    this.#held = [this.join().subarray(bytes)];
    this.#bytes -= bytes;
  }
}
