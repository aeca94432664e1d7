const FRAME_MAGIC = 0x184d2204;
const UNCOMPRESSED = 0x80000000;
const MIN_MATCH = 4;

/**
 * Decodes one LZ4 frame, the default compression of Arrow writers. Checksums are ignored.
 * Format: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 * @param length of the decoded data, in bytes
 * @throws Error if the data is not a frame, is damaged, or does not decode to exactly `length` bytes
 */
export function decodeLz4Frame(frame: Uint8Array, length: number): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.getUint32(0, true) !== FRAME_MAGIC) throw new Error('expected an LZ4 frame');
  const flags = view.getUint8(4);
  const [hasBlockChecksum, hasContentSize, hasDictionary] = [flags & 0x10, flags & 0x08, flags & 0x01];
  const output = new Output(length);
  let at = 7 + (hasContentSize ? 8 : 0) + (hasDictionary ? 4 : 0);
  for (;;) {
    const size = view.getUint32(at, true);
    at += 4;
    if (size === 0) return output.bytes();
    const blockBytes = size & ~UNCOMPRESSED;
    if (at + blockBytes > frame.length) throw new Error('an LZ4 block is cut short');
    const block = frame.subarray(at, at + blockBytes);
    if (size & UNCOMPRESSED) output.append(block);
    else decodeBlock(block, output);
    at += blockBytes + (hasBlockChecksum ? 4 : 0);
  }
}

/** A block may refer to the output of earlier blocks of its frame, so all blocks write to the same output. */
function decodeBlock(block: Uint8Array, output: Output): void {
  let at = 0;
  const readByte = (): number => {
    const byte = block[at];
    if (byte === undefined) throw new Error('an LZ4 block is cut short');
    at += 1;
    return byte;
  };
  const readLength = (start: number): number => {
    let length = start;
    if (start === 15) {
      let byte: number;
      do {
        byte = readByte();
        length += byte;
      } while (byte === 255);
    }
    return length;
  };
  while (at < block.length) {
    const token = readByte();
    const literals = readLength(token >> 4);
    if (at + literals > block.length) throw new Error('an LZ4 block is cut short');
    output.append(block.subarray(at, at + literals));
    at += literals;
    // The last sequence of a block has only literals.
    if (at === block.length) return;
    const distance = readByte() | (readByte() << 8);
    output.repeat(distance, readLength(token & 15) + MIN_MATCH);
  }
}

class Output {
  readonly #buffer: Uint8Array;
  #length = 0;

  constructor(length: number) {
    this.#buffer = new Uint8Array(length);
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Appends `length` bytes that begin `distance` bytes before the end. The source may overlap the bytes being appended. */
  repeat(distance: number, length: number): void {
    if (distance === 0 || distance > this.#length) throw new Error('an LZ4 match points before the data');
    this.#reserve(length);
    const buffer = this.#buffer;
    const end = this.#length + length;
    if (distance >= length) {
      buffer.copyWithin(this.#length, this.#length - distance, this.#length - distance + length);
    } else {
      for (let to = this.#length; to < end; to += 1) buffer[to] = buffer[to - distance] ?? 0;
    }
    this.#length = end;
  }

  bytes(): Uint8Array {
    if (this.#length < this.#buffer.length) throw this.#wrongLength('fewer');
    return this.#buffer;
  }

  #reserve(more: number): void {
    if (this.#length + more > this.#buffer.length) throw this.#wrongLength('more');
  }

  #wrongLength(than: 'more' | 'fewer'): Error {
    return new Error(`an LZ4 frame decodes to ${than} than the expected ${this.#buffer.length} bytes`);
  }
}
