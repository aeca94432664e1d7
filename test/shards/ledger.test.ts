import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readLedger } from '../../src/shards/ledger.ts';
import { useTempFolder } from '../support/temp-folder.ts';

describe('readLedger()', () => {
  it('takes the shards with statistics for done and goes on after the last', async () => {
    const folder = await useTempFolder();
    for (const name of ['00000_stats.json', '00007_stats.json', '00009.tar', 'meta.json', 'sizes.json']) {
      await writeFile(join(folder, name), '');
    }
    expect(await readLedger(folder)).toEqual({ done: new Set([0, 7]), next: 8 });
  });

  it('finds nothing in a folder that does not exist', async () => {
    const folder = await useTempFolder();
    expect(await readLedger(join(folder, 'none'))).toEqual({ done: new Set(), next: 0 });
  });
});
