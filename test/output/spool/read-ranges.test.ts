import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRanges } from '../../../src/output/spool/read-ranges.ts';
import { temporaryFolder } from '../samples.ts';

const SIZE = 400_000;

async function fileOf(bytes: Uint8Array) {
  const { scratch } = await temporaryFolder();
  const path = join(scratch, 'file');
  await writeFile(path, bytes);
  const handle = await open(path);
  let reads = 0;
  const counting = new Proxy(handle, {
    get: (target, name) => {
      if (name === 'read') reads += 1;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { handle, counting, reads: () => reads };
}

describe('readRanges()', () => {
  it('returns the bytes of all ranges in order, and null beyond the end', async () => {
    const bytes = Buffer.alloc(SIZE);
    for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(at, at);
    const { handle } = await fileOf(bytes);
    const place = fc.record({ offset: fc.nat(SIZE), length: fc.oneof(fc.nat(2000), fc.nat(SIZE)) });
    await fc.assert(
      fc.asyncProperty(fc.array(place), async (places) => {
        const found = await readRanges(handle, places);
        expect(found.length).toBe(places.length);
        for (const [position, { offset, length }] of places.entries()) {
          const expected = offset + length > SIZE ? null : bytes.subarray(offset, offset + length);
          expect(found[position]?.equals(expected ?? Buffer.of()) ?? null).toBe(
            expected === null ? null : true,
          );
        }
      }),
      { numRuns: 50 },
    );
    await handle.close();
  });

  it('reads close ranges together, and skips the bytes between distant ones', async () => {
    const { handle, counting, reads } = await fileOf(Buffer.alloc(SIZE));
    const near = Array.from({ length: 50 }, (_, i) => ({ offset: 3000 - 40 * i, length: 40 }));
    await readRanges(counting, [...near, { offset: 300_000, length: 40 }]);
    expect(reads()).toBe(2);
    await handle.close();
  });
});
