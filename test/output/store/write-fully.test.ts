import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeFully } from '../../../src/output/store/write-fully.ts';

/** A file that takes at most so many bytes at a time. */
function slowFile(bytesPerWrite: number) {
  const content: number[] = [];
  return {
    content,
    writev: async (buffers: readonly Uint8Array[], position: number) => {
      const taken = Buffer.concat(buffers).subarray(0, bytesPerWrite);
      taken.forEach((byte, index) => {
        content[position + index] = byte;
      });
      return { bytesWritten: taken.length };
    },
  };
}

describe('writeFully()', () => {
  it('writes every byte in its place, however few the file accepts at a time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array()),
        fc.integer({ min: 1, max: 40 }),
        async (buffers, bytesPerWrite) => {
          const file = slowFile(bytesPerWrite);
          await writeFully(file, buffers, 0);
          expect(Buffer.from(file.content)).toEqual(Buffer.concat(buffers));
        },
      ),
    );
  });
});
