import { writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readStats, ShardTally, statsText } from '../../../src/output/metadata/stats.ts';
import { openStore } from '../../../src/output/store/open-store.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { failure, success } from '../samples.ts';

const TIMES = { startedAt: 1_700_000_000_000, endedAt: 1_700_000_012_500 };
const FILES = { '00000.tar': { bytes: 10_240, sha256: '84ff' } };

describe('ShardTally', () => {
  it("counts the same as img2dataset's statistics, and failures by code", () => {
    const tally = new ShardTally();
    tally.add(failure('http_404'));
    tally.add(success({}, { bytes: 1000 }));
    tally.add(failure('image_too_small', { bytes: 20 }));
    tally.add({ ...failure('http_404'), message: 'another text' });
    expect(tally.stats(TIMES, '1.2.3', FILES)).toEqual({
      count: 4,
      successes: 1,
      failed_to_download: 2,
      failed_to_resize: 1,
      duration: 12.5,
      start_time: 1_700_000_000,
      end_time: 1_700_000_012.5,
      status_dict: { 'HTTP Error 404: Not Found': 1, success: 1, 'image too small': 1, 'another text': 1 },
      failure_codes: { http_404: 2, image_too_small: 1 },
      bytes_downloaded: 1020,
      version: '1.2.3',
      files: FILES,
    });
  });

  it('keeps the 50,000 most frequent of 100,000 messages', () => {
    const tally = new ShardTally();
    tally.add(success());
    tally.add(success());
    for (let line = 1; line < 100_000; line += 1)
      tally.add({ ...failure('bad_row'), message: `line ${line}` });
    const { count, status_dict } = tally.stats(TIMES, '1.2.3', FILES);
    expect(count).toBe(100_001);
    expect(Object.keys(status_dict)).toHaveLength(50_000);
    expect(status_dict['success']).toBe(2);
  });
});

describe('statsText()', () => {
  it('keeps the order of fields and indents by four spaces', () => {
    const tally = new ShardTally();
    tally.add(failure('timeout'));
    expect(statsText(tally.stats(TIMES, '1.2.3', FILES))).toBe(`{
    "count": 1,
    "successes": 0,
    "failed_to_download": 1,
    "failed_to_resize": 0,
    "duration": 12.5,
    "start_time": 1700000000,
    "end_time": 1700000012.5,
    "status_dict": {
        "the host did not send its headers, or the next part of the body, within --timeout": 1
    },
    "failure_codes": {
        "timeout": 1
    },
    "bytes_downloaded": 0,
    "version": "1.2.3",
    "files": {
        "00000.tar": {
            "bytes": 10240,
            "sha256": "84ff"
        }
    }
}`);
  });
});

describe('readStats()', () => {
  it('reads the text that statsText() returned', async () => {
    const path = join(await useTempFolder(), '00000_stats.json');
    const stats = new ShardTally().stats(TIMES, '1.2.3', FILES);
    await writeFile(path, statsText(stats));
    expect(await readStats(openStore(dirname(path)), basename(path))).toEqual(stats);
  });

  it.each(['', '[]', 'null', '{"count": 1}'])('refuses %j', async (text) => {
    const path = join(await useTempFolder(), '00000_stats.json');
    await writeFile(path, text);
    await expect(readStats(openStore(dirname(path)), basename(path))).rejects.toThrow(
      'expected the statistics of a shard as JSON; delete it and run the same command again, which writes the shard again',
    );
  });
});
