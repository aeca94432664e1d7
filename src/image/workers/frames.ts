/** Length of the head of a frame: the lengths of its facts and of its bytes, 32 bits each, little-endian. */
export const HEAD_BYTES = 8;

/** One message in the pipe between pool and process: facts as JSON, and the bytes of an image. */
export interface Frame {
  readonly facts: unknown;
  readonly bytes: Uint8Array;
}

/** The two pieces of a frame: head with facts, and the bytes themselves without a copy. */
export function encodeFrame(facts: object, bytes: Uint8Array): readonly [Buffer, Uint8Array] {
  const text = Buffer.from(JSON.stringify(facts));
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  head.writeUInt32LE(text.length, 0);
  head.writeUInt32LE(bytes.length, 4);
  return [Buffer.concat([head, text]), bytes];
}

/** Bytes that follow a head. */
export function lengthAfter(head: Buffer): number {
  return head.readUInt32LE(0) + head.readUInt32LE(4);
}

/** Reads a complete frame. Its bytes are a view. Throws if the facts are not JSON. */
export function decodeFrame(frame: Buffer): Frame {
  const bytesAt = HEAD_BYTES + frame.readUInt32LE(0);
  const facts: unknown = JSON.parse(frame.toString('utf8', HEAD_BYTES, bytesAt));
  return { facts, bytes: frame.subarray(bytesAt) };
}

/** Assembles frames that arrive in pieces. */
export class FrameAssembler {
  readonly #maxBytes: number;
  #pieces: Buffer[] = [];
  #length = 0;
  #needed = HEAD_BYTES;

  /** A frame of more than `maxBytes` is refused: an image may have taken control of the process. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The frames that this piece completes. Throws if one is too long or malformed. */
  push(piece: Buffer): Frame[] {
    this.#pieces.push(piece);
    this.#length += piece.length;
    const frames: Frame[] = [];
    while (this.#length >= this.#needed) {
      const bytes = this.#join();
      if (this.#needed === HEAD_BYTES) this.#needed += lengthAfter(bytes);
      if (this.#needed > this.#maxBytes) throw new Error('A frame is too long');
      if (this.#length < this.#needed) break;
      frames.push(decodeFrame(bytes.subarray(0, this.#needed)));
      this.#pieces = [bytes.subarray(this.#needed)];
      this.#length -= this.#needed;
      this.#needed = HEAD_BYTES;
    }
    return frames;
  }

  #join(): Buffer {
    const [only] = this.#pieces;
    const bytes = this.#pieces.length === 1 && only !== undefined ? only : Buffer.concat(this.#pieces);
    this.#pieces = [bytes];
    return bytes;
  }
}
