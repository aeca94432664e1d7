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
  let blocks: Buffer[] = [];
  const decoder = new Decompress(({ buffer, byteOffset, byteLength }) => {
    if (byteLength > 0) blocks.push(Buffer.from(buffer, byteOffset, byteLength));
  });
  const frames = new ZstdFrames();
  let hash = new XxHash64();
  for await (const chunk of raw) {
    for (let start = 0; start < chunk.length; ) {
      const { end, isFrameEnd, checksum } = frames.advance(chunk, start);
      for (let at = start; at < end; at += STEP_BYTES) {
        decoder.push(chunk.subarray(at, Math.min(at + STEP_BYTES, end)));
        if (frames.isChecked) for (const block of blocks) hash.update(block);
        yield* blocks;
        blocks = [];
      }
      if (checksum !== null && hash.low32() !== checksum) throw new Error('the checksum of a frame is wrong');
      if (isFrameEnd) hash = new XxHash64();
      start = end;
    }
  }
  decoder.push(new Uint8Array(0), true);
  yield* blocks;
}
