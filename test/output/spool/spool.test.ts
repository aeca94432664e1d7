import { existsSync } from 'node:fs';
import { appendFile, link, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXIT, UserError } from '../../../src/core/errors.ts';
import { type SettledSample, Spool } from '../../../src/output/spool/spool.ts';
import { failure, row, success, temporaryFolder } from '../samples.ts';

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
  it('returns what was appended, in any order and any number at once', async () => {
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

  it('knows which rows are not settled yet', async () => {
    const { scratch } = await temporaryFolder();
    const spool = await Spool.open(join(scratch, 'spool'), 2);
    await spool.append(1, { row: row(), result: failure('timeout') });
    expect(await spool.read(0)).toBeNull();
    expect(await spool.read(2)).toBeNull();
    expect(spool.settled).toBe(1);
    await spool.remove();
  });

  it('reads samples that are still being written', async () => {
    const { scratch } = await temporaryFolder();
    const spool = await Spool.open(join(scratch, 'spool'), 1);
    const bytes = Buffer.alloc(3_000_000, 7);
    const appended = spool.append(0, { row: row(), result: success({ bytes }) });
    const sample = await spool.read(0);
    expect(sample?.result.ok && bytes.equals(sample.result.image.bytes)).toBe(true);
    await appended;
    await spool.remove();
  });

  it('does not read ahead beyond what is written', async () => {
    const { scratch } = await temporaryFolder();
    const spool = await Spool.open(join(scratch, 'spool'), 2);
    const [first, second] = ['1', '2'].map((caption) => ({ row: row({ caption }), result: success() }));
    if (first === undefined || second === undefined) expect.fail();
    await spool.append(0, first);
    const reading = spool.read(0);
    const appended = spool.append(1, second);
    expect(await reading).toEqual(first);
    expect(await spool.read(1)).toEqual(second);
    await appended;
    await spool.remove();
  });

  it('rejects a row that is already settled or not in the shard', async () => {
    const { scratch } = await temporaryFolder();
    const spool = await Spool.open(join(scratch, 'spool'), 1);
    const sample = { row: row(), result: failure('timeout') };
    await spool.append(0, sample);
    expect(() => spool.append(0, sample)).toThrow('settled or out of range');
    expect(() => spool.append(1, sample)).toThrow('settled or out of range');
    await spool.remove();
  });

  it('takes memory for the rows that arrived, not for all planned rows', async () => {
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

  it('keeps its file when it is closed, and can remove it', async () => {
    const { scratch } = await temporaryFolder();
    const path = join(scratch, 'spool');
    await (await Spool.open(path, 1)).close();
    expect(existsSync(path)).toBe(true);
    await (await Spool.open(path, 1)).remove();
    expect(await readdir(scratch)).toEqual([]);
  });

  it('tells every caller of append() why the disk refuses', async () => {
    const { scratch } = await temporaryFolder();
    await expect(Spool.open(join(scratch, 'none', 'spool'), 1)).rejects.toThrow(
      /^Cannot write '.*none\/spool': no such file or directory \(ENOENT\)/,
    );
    await expect(Spool.open(join(scratch, 'none', 'spool'), 1)).rejects.toBeInstanceOf(UserError);
  });
});

describe('a spool that an earlier start left', () => {
  const OWNER = 'run 7';
  const samples = [0, 1, 2, 3, 4].map(
    (index): SettledSample => ({
      row: row({ caption: `${index}`, values: [new Uint8Array([index]), Number.NaN, 1n] }),
      result: index === 1 ? failure('http_404') : success({ bytes: Buffer.alloc(40 + index, index) }),
    }),
  );

  /** The closed spool of a start that settled these rows; `ends` are the lengths of its file after each of them. */
  async function leaveSpool(order = [3, 0, 4, 1]) {
    const { scratch } = await temporaryFolder();
    const path = join(scratch, 'spool');
    const spool = await Spool.open(path, samples.length, OWNER);
    const ends = [spool.bytes];
    const appended = order.map((index) => {
      const written = spool.append(index, samples[index] ?? expect.fail());
      ends.push(spool.bytes);
      return written;
    });
    await Promise.all(appended);
    await spool.close();
    return { path, order, ends };
  }

  /** Rows that the next start takes over, after it has settled the others and read them all. */
  async function resume(path: string): Promise<number[]> {
    const spool = await Spool.open(path, samples.length, OWNER);
    const taken: number[] = [];
    const appended: Promise<void>[] = [];
    for (const [index, { row, result }] of samples.entries()) {
      const left = await spool.takeOver(index, row);
      if (left === null) appended.push(spool.append(index, { row, result }));
      else taken.push(index);
      expect(left ?? result).toEqual(result);
    }
    await Promise.all(appended);
    expect(spool.settled).toBe(samples.length);
    for (const [index, sample] of samples.entries()) expect(await spool.read(index)).toEqual(sample);
    await spool.close();
    return taken;
  }

  it('returns its rows, however often it is opened', async () => {
    const { path, order } = await leaveSpool();
    expect(await resume(path)).toEqual([...order].sort());
    expect(await resume(path)).toEqual([0, 1, 2, 3, 4]);
  });

  it('returns the rows before the point where it was cut off', async () => {
    const { path, order, ends } = await leaveSpool();
    const whole = await readFile(path);
    for (let length = 0; length < whole.length; length += 5) {
      await writeFile(path, whole.subarray(0, length));
      const expected = order.filter((_, position) => (ends[position + 1] ?? 0) <= length);
      expect(await resume(path)).toEqual(expected.sort());
    }
  });

  it('returns only rows that were written, whichever byte has changed', async () => {
    const { path, order, ends } = await leaveSpool();
    const whole = await readFile(path);
    for (let at = 0; at < whole.length; at += 7) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      await writeFile(path, damaged);
      const before = order.filter((_, position) => (ends[position + 1] ?? 0) <= at);
      const taken = await resume(path);
      expect(taken).toEqual(expect.arrayContaining(before));
      expect(taken.length).toBeLessThan(order.length);
    }
  });

  it('loses only the row whose content is damaged', async () => {
    const { path, ends } = await leaveSpool([3, 0, 4, 1]);
    const bytes = await readFile(path);
    bytes.fill(255, (ends[2] ?? 0) - 30, ends[2]);
    await writeFile(path, bytes);
    expect(await resume(path)).toEqual([1, 3, 4]);
  });

  it('returns the rows before the zeros that a crash of the machine leaves at its end', async () => {
    const { path } = await leaveSpool();
    await appendFile(path, Buffer.alloc(5000));
    expect(await resume(path)).toEqual([0, 1, 3, 4]);
  });

  it.each([
    ['of another run or shard', 'run 8'],
    ['whose owner begins alike', 'run 77'],
    ['of nobody', null],
  ])('%s is replaced by an empty one', async (_, owner) => {
    const { path } = await leaveSpool();
    if (owner !== null) expect(await Spool.isLeft(path, owner)).toBe(false);
    expect(await Spool.isLeft(path, OWNER)).toBe(true);
    const spool = await Spool.open(path, samples.length, owner);
    expect(samples.some((_, index) => spool.has(index))).toBe(false);
    await spool.close();
    expect(await Spool.isLeft(path, OWNER)).toBe(false);
  });

  it('never gives the outcome of one row to another', async () => {
    const { path } = await leaveSpool();
    const spool = await Spool.open(path, samples.length, OWNER);
    const other = { row: row({ url: 'https://example.org/other.jpg' }), result: failure('timeout') };
    expect(await spool.takeOver(3, other.row)).toBeNull();
    await spool.append(3, other);
    expect(await spool.read(3)).toEqual(other);
    expect(spool.settled).toBe(1);
    await spool.close();
  });

  it.each(['link', 'hard link'])(
    'is not taken over through a %s, whose target stays unchanged',
    async (kind) => {
      const { path } = await leaveSpool();
      const elsewhere = `${path}.elsewhere`;
      await rename(path, elsewhere);
      await (kind === 'link' ? symlink : link)(elsewhere, path);
      const before = await readFile(elsewhere);
      expect(await Spool.isLeft(path, OWNER)).toBe(false);
      const spool = await Spool.open(path, samples.length, OWNER);
      await spool.append(2, samples[2] ?? expect.fail());
      await spool.close();
      expect(await readFile(elsewhere)).toEqual(before);
    },
  );

  it('reports that the disk returns other bytes than were written', async () => {
    const { path, ends } = await leaveSpool();
    const spool = await Spool.open(path, samples.length, OWNER);
    const bytes = await readFile(path);
    await writeFile(path, bytes.fill(255, (ends[2] ?? 0) - 30, ends[2]));
    await expect(spool.read(0)).rejects.toMatchObject({
      exitCode: EXIT.output,
      message: expect.stringContaining('differ from those that were written'),
    });
    await spool.close();
  });
});
