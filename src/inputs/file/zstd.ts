import { Decompress } from 'fzstd';
import { XxHash64 } from './xxhash64.ts';
import { ZstdFrames } from './zstd-frames.ts';

// A zstd block of 4 bytes or more decompresses to at most 128 KiB, so the step bounds what a hostile file can expand to.
const STEP_BYTES = 64;

/**
 * Decompresses zstd of any number of frames.
 * @throws Error for damaged data, also where only the checksum of a frame tells, which the decoder ignores
 */
export async function* unzstd(raw: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const frames = new ZstdFrames();
  let frame = new Frame();
  for await (const chunk of raw) {
    for (let start = 0; start < chunk.length; ) {
      const { end, isFrameEnd, checksum } = frames.advance(chunk, start);
      for (let at = start; at < end; at += STEP_BYTES) {
        yield* frame.push(chunk.subarray(at, Math.min(at + STEP_BYTES, end)), frames.isChecked);
      }
      start = end;
      if (!isFrameEnd) continue;
      yield* frame.end(frames.isChecked);
      if (checksum !== null && frame.hash.low32() !== checksum)
        throw new Error('the checksum of a frame is wrong');
      frame = new Frame();
    }
  }
  yield* frame.end(false);
}

/** One frame: the decoder holds the last bytes of a short frame back until it is told that they are the last. */
class Frame {
  readonly hash = new XxHash64();
  #blocks: Buffer[] = [];
  readonly #decoder = new Decompress(({ buffer, byteOffset, byteLength }) => {
    if (byteLength > 0) this.#blocks.push(Buffer.from(buffer, byteOffset, byteLength));
  });

  /** Returns what the bytes decompress to. */
  push(bytes: Uint8Array, isChecked: boolean, isEnd = false): readonly Buffer[] {
    this.#blocks = [];
    this.#decoder.push(bytes, isEnd);
    if (isChecked) for (const block of this.#blocks) this.hash.update(block);
    return this.#blocks;
  }

  end(isChecked: boolean): readonly Buffer[] {
    return this.push(new Uint8Array(0), isChecked, true);
  }
}
