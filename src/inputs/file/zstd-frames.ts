const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
const RLE = 1;

interface Advance {
  /** Where the frame ends, or the bytes do. */
  readonly end: number;
  readonly isFrameEnd: boolean;
  /** The checksum at the end of a frame that has one. */
  readonly checksum: number | null;
}

type Part = 'magic' | 'skippable' | 'descriptor' | 'block' | 'checksum';

const PART_BYTES: Readonly<Record<Part, number>> = {
  magic: 4,
  skippable: 4,
  descriptor: 1,
  block: 3,
  checksum: 4,
};

/**
 * Finds the ends of zstd frames without decompressing them. What is not zstd has no ends.
 * Format: https://github.com/facebook/zstd/blob/dev/doc/zstd_compression_format.md
 */
export class ZstdFrames {
  /** Whether the frame has a checksum. */
  isChecked = false;
  #part: Part = 'magic';
  readonly #held: number[] = [];
  /** Bytes to pass over before the next part. */
  #over = 0;

  /** Goes on from `start` to the end of a frame or of the bytes. */
  advance(bytes: Uint8Array, start: number): Advance {
    let at = start;
    while (at < bytes.length) {
      if (this.#over > 0) {
        const passed = Math.min(this.#over, bytes.length - at);
        this.#over -= passed;
        at += passed;
        if (this.#isBetweenFrames()) return { end: at, isFrameEnd: true, checksum: null };
        continue;
      }
      this.#held.push(bytes[at] ?? 0);
      at += 1;
      if (this.#held.length < PART_BYTES[this.#part]) continue;
      const number = this.#take();
      if (this.#part === 'checksum') {
        this.#part = 'magic';
        return { end: at, isFrameEnd: true, checksum: number };
      }
      this.#read(number);
      if (this.#isBetweenFrames()) return { end: at, isFrameEnd: true, checksum: null };
    }
    return { end: at, isFrameEnd: false, checksum: null };
  }

  #isBetweenFrames(): boolean {
    return this.#part === 'magic' && this.#over === 0;
  }

  /** The number that the held bytes make, the lowest first. */
  #take(): number {
    const number = this.#held.reduceRight((sum, byte) => sum * 256 + byte, 0);
    this.#held.length = 0;
    return number;
  }

  #read(number: number): void {
    switch (this.#part) {
      case 'magic':
        if (number === MAGIC) this.#part = 'descriptor';
        else if (number - (number % 16) === SKIPPABLE) this.#part = 'skippable';
        else this.#over = Number.POSITIVE_INFINITY;
        break;
      case 'skippable':
        this.#part = 'magic';
        this.#over = number;
        break;
      case 'descriptor':
        this.isChecked = (number & 4) !== 0;
        this.#over = headerBytes(number);
        this.#part = 'block';
        break;
      default:
        this.#readBlock(number);
    }
  }

  #readBlock(number: number): void {
    const type = (number >> 1) & 3;
    this.#over = type === RLE ? 1 : number >> 3;
    if ((number & 1) === 0) return;
    this.#part = this.isChecked ? 'checksum' : 'magic';
  }
}

/** Bytes between the descriptor of a frame and its first block. */
function headerBytes(descriptor: number): number {
  const isSingleSegment = (descriptor & 32) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const size = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  return (isSingleSegment ? 0 : 1) + dictionary + size;
}
