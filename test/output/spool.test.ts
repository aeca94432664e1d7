import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { type SettledSample, Spool } from '../../src/output/spool.ts';
import { failure, row, success, temporaryFolder } from './samples.ts';

const sampleArbitrary = fc
  .record({
    ok: fc.boolean(),
    caption: fc.string({ unit: 'grapheme' }),
    bytes: fc.uint8Array(),
  })
  .map(
    ({ ok, caption, bytes }): SettledSample => ({
      row: row({ caption, values: [Number.NaN, 2n ** 63n, null, [bytes], { a: 'é' }] }),
      result: ok ? success({ bytes: Buffer.from(bytes) }) : failure('http_404'),
    }),
  );

describe('Spool', () => {
  it('gives back what was appended, in whatever order and however many at once', async () => {
    const { scratch } = await temporaryFolder();
    await fc.assert(
      fc.asyncProperty(fc.array(sampleArbitrary, { maxLength: 12 }), async (samples) => {
        const spool = await Spool.open(join(scratch, 'spool'), samples.length);
        const backwards = [...samples.entries()].reverse();
        await Promise.all(backwards.map(([index, sample]) => spool.append(index, sample)));
        expect(spool.settled).toBe(samples.length);
        for (const [index, sample] of samples.entries()) expect(await spool.read(index)).toEqual(sample);
        await spool.remove();
      }),
      { numRuns: 30 },
    );
  });

  it('knows what is not settled yet', async () => {
    const { scratch } = await temporaryFolder();
    const spool = await Spool.open(join(scratch, 'spool'), 2);
    await spool.append(1, { row: row(), result: failure('timeout') });
    expect(await spool.read(0)).toBeNull();
    expect(await spool.read(2)).toBeNull();
    expect(spool.settled).toBe(1);
    await spool.remove();
  });

  it('reads what is still on its way to the disk', async () => {
    const { scratch } = await temporaryFolder();
    const spool = await Spool.open(join(scratch, 'spool'), 1);
    const bytes = Buffer.alloc(3_000_000, 7);
    const appended = spool.append(0, { row: row(), result: success({ bytes }) });
    const sample = await spool.read(0);
    expect(sample?.result.ok && bytes.equals(sample.result.image.bytes)).toBe(true);
    await appended;
    await spool.remove();
  });

  it('refuses a row that is settled already or is none of the shard', async () => {
    const { scratch } = await temporaryFolder();
    const spool = await Spool.open(join(scratch, 'spool'), 1);
    const sample = { row: row(), result: failure('timeout') };
    await spool.append(0, sample);
    expect(() => spool.append(0, sample)).toThrow('settled or out of range');
    expect(() => spool.append(1, sample)).toThrow('settled or out of range');
    await spool.remove();
  });

  it('takes memory for the rows that came, not for those of the plan', async () => {
    const { scratch } = await temporaryFolder();
    const before = process.memoryUsage().arrayBuffers;
    const spool = await Spool.open(join(scratch, 'spool'), 10_000_000);
    for (const index of [0, 1000, 999]) {
      await spool.append(index, { row: row({ caption: `${index}` }), result: failure('timeout') });
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
    const captions = [0, 1, 999, 1000].map(async (index) => (await spool.read(index))?.row.caption);
    expect(await Promise.all(captions)).toEqual(['0', undefined, '999', '1000']);
    await spool.remove();
  });

  it('replaces what an interrupted run left and removes itself', async () => {
    const { scratch } = await temporaryFolder();
    const path = join(scratch, 'spool');
    await writeFile(path, 'left');
    const spool = await Spool.open(path, 1);
    expect(spool.bytes).toBe(0);
    await spool.close();
    expect(existsSync(path)).toBe(true);

    await (await Spool.open(path, 1)).remove();
    expect(await readdir(scratch)).toEqual([]);
  });

  it('tells every appender why the disk refuses', async () => {
    const { scratch } = await temporaryFolder();
    await expect(Spool.open(join(scratch, 'none', 'spool'), 1)).rejects.toThrow(
      /^Cannot write '.*none\/spool': no such file or directory \(ENOENT\)/,
    );
    await expect(Spool.open(join(scratch, 'none', 'spool'), 1)).rejects.toBeInstanceOf(UserError);
  });
});
