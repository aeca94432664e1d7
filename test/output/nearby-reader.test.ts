import { appendFile, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NearbyReader } from '../../src/output/nearby-reader.ts';
import { temporaryFolder } from './samples.ts';

const BLOCK = 2 ** 20;

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
  return { path, handle, reader: new NearbyReader(counting), reads: () => reads };
}

describe('NearbyReader', () => {
  it('gives the bytes of any piece, in any order, and null beyond the end', async () => {
    const bytes = Buffer.alloc(2.5 * BLOCK);
    for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(at, at);
    const { reader, handle } = await fileOf(bytes);
    const places = fc.array(
      fc
        .tuple(fc.nat(bytes.length), fc.oneof(fc.nat(2000), fc.nat(bytes.length)))
        .map(([offset, length]) => ({
          offset,
          length,
        })),
    );
    await fc.assert(
      fc.asyncProperty(places, async (pieces) => {
        for (const { offset, length } of pieces) {
          const expected = offset + length > bytes.length ? null : bytes.subarray(offset, offset + length);
          const found = await reader.read(offset, length);
          expect(found === null ? null : Buffer.compare(found, expected ?? Buffer.alloc(0))).toBe(
            expected === null ? null : 0,
          );
        }
      }),
      { numRuns: 50 },
    );
    await handle.close();
  });

  it('asks the file once for what lies in one block', async () => {
    const { reader, handle, reads } = await fileOf(Buffer.alloc(3 * BLOCK));
    for (let offset = 0; offset < BLOCK; offset += 1000) await reader.read(offset, 40);
    expect(reads()).toBe(1);
    await handle.close();
  });

  it('reads what was added to the file since', async () => {
    const { path, reader, handle } = await fileOf(Buffer.from('before'));
    expect(await reader.read(0, 6)).toEqual(Buffer.from('before'));
    await appendFile(path, 'after');
    expect(await reader.read(6, 5)).toEqual(Buffer.from('after'));
    await handle.close();
  });
});
