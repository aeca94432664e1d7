import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { useTempFolder } from '../../support/temp-folder.ts';
import { openBytes, readRows, readValues, runSql } from '../files.ts';

const URLS = Array.from({ length: 50_000 }, (_, row) => [`https://a.test/${row}`]);
const TEXT = URLS.map(([url]) => `${url}\n`).join('');

/** DuckDB can write zstd, which Node 20 cannot. */
async function zstd(): Promise<Buffer> {
  const path = join(await useTempFolder(), 'urls.csv.zst');
  const query = "SELECT 'https://a.test/' || i FROM range(50000) t(i)";
  await runSql(`COPY (${query}) TO '${path}' (FORMAT csv, HEADER false, COMPRESSION zstd)`);
  return readFile(path);
}

describe('openBytes', () => {
  test('reads gzip of one member and of several', async () => {
    expect(await readValues(await openBytes('a.txt.gz', gzipSync(TEXT)))).toEqual(URLS);
    const members = Buffer.concat([gzipSync('a\nb'), gzipSync('c\n')]);
    expect(await readValues(await openBytes('a.txt.gz', members))).toEqual([['a'], ['bc']]);
  });

  test('reads zstd of one frame and of several', async () => {
    const frame = await zstd();
    expect(await readValues(await openBytes('a.txt.zst', frame))).toEqual(URLS);
    const twice = await readValues(await openBytes('a.txt.zst', Buffer.concat([frame, frame])));
    expect(twice).toEqual([...URLS, ...URLS]);
  });

  test('removes a byte order mark from compressed data', async () => {
    expect(await readValues(await openBytes('a.txt.gz', gzipSync('\uFEFFa')))).toEqual([['a']]);
  });

  test('names the file when gzip data is cut short, damaged or not gzip', async () => {
    const whole = gzipSync(TEXT);
    const damaged = /^Cannot read '.*a\.txt\.gz': the gzip data is damaged or cut short: /;
    await expect(readRows(await openBytes('a.txt.gz', whole.subarray(0, 5000)))).rejects.toThrow(damaged);
    await expect(openBytes('a.txt.gz', 'plain')).rejects.toThrow(damaged);
    const flipped = Buffer.from(whole);
    flipped.writeUInt8((flipped[5000] ?? 0) ^ 0xff, 5000);
    await expect(readRows(await openBytes('a.txt.gz', flipped))).rejects.toThrow(damaged);
  });

  test('names the file when zstd data is cut short or not zstd', async () => {
    const damaged = /^Cannot read '.*a\.txt\.zst': the zstd data is damaged or cut short: /;
    await expect(readRows(await openBytes('a.txt.zst', (await zstd()).subarray(0, 5000)))).rejects.toThrow(
      damaged,
    );
    await expect(openBytes('a.txt.zst', 'plain text, and long enough')).rejects.toThrow(damaged);
  });
});
