import type { PlacedMember, TarIndex } from './tar-index.ts';

const BLOCK_BYTES = 512;
const OFFSET_BYTES = 8;

/**
 * `NNNNN.tar.idx`, which Megatron-Energon's `energon prepare` would make: the position of each sample's first header, then
 * that of the tar's end mark, each as 64 bits, little-endian.
 */
export class EnergonIndex implements TarIndex {
  readonly #starts: number[] = [];
  #end = 0;

  add({ header, start, bytes }: PlacedMember, isFirst: boolean): void {
    if (isFirst) this.#starts.push(header);
    this.#end = start + Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
  }

  content(): Buffer {
    const content = Buffer.alloc((this.#starts.length + 1) * OFFSET_BYTES);
    for (const [at, start] of this.#starts.entries())
      content.writeBigUInt64LE(BigInt(start), at * OFFSET_BYTES);
    content.writeBigUInt64LE(BigInt(this.#end), this.#starts.length * OFFSET_BYTES);
    return content;
  }
}
