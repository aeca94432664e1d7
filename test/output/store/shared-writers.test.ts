import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LocalStore } from '../../../src/output/store/local-store.ts';
import type { Transaction } from '../../../src/output/store/store.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const NAMES = ['00000.tar', '00000.parquet', '00000_stats.json'];
const MARKER = '00000_stats.json';

async function createShard(transaction: Transaction, text: string): Promise<void> {
  for (const name of NAMES) {
    const file = await transaction.createFile(name);
    await file.write([Buffer.from(text)]);
    await file.finish();
  }
}

const contents = (store: LocalStore): Promise<(string | undefined)[]> =>
  Promise.all(NAMES.map(async (name) => (await store.read(name))?.toString()));

async function attempt(store: LocalStore, text: string): Promise<Transaction> {
  const transaction = await store.begin('shared', 0);
  await createShard(transaction, text);
  return transaction;
}

test('what a crash left of a small file disappears, unless others may be writing it', async () => {
  const folder = await useTempFolder();
  const store = new LocalStore(folder);
  await store.write('.laion-fetch/manifest.json', '{}');
  await writeFile(join(folder, '.laion-fetch', 'throughput.json.tmp'), '{');
  const state = (): Promise<string[]> => readdir(join(folder, '.laion-fetch'));
  await store.recover('may-write');
  expect(await state()).toContain('throughput.json.tmp');
  await store.recover();
  expect(await state()).toEqual(['manifest.json']);
});

describe('writers of one shard in a shared folder', () => {
  test('end as one, whoever is first, and leave nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 2, maxLength: 5 }), async (together) => {
        const folder = await useTempFolder();
        const stores = together.map(() => new LocalStore(folder));
        const attempts = await Promise.all(stores.map((store, at) => attempt(store, `${at}`)));
        let running: Promise<void>[] = [];
        for (const [at, each] of attempts.entries()) {
          running.push(each.commit(MARKER));
          if (together[at]) continue;
          await Promise.all(running);
          running = [];
        }
        await Promise.all(running);
        const found = await contents(new LocalStore(folder));
        expect(new Set(found).size).toBe(1);
        expect(found[0]).toMatch(/^\d$/);
        expect(await readdir(join(folder, '.laion-fetch', 'attempts'))).toEqual([]);
        expect(await readdir(join(folder, '.laion-fetch', 'commit'))).toEqual(['00000.0001']);
      }),
      { numRuns: 15 },
    );
  });

  test('do not replace a shard that is complete', async () => {
    const store = new LocalStore(await useTempFolder());
    const late = await attempt(store, 'late');
    await (await attempt(store, 'first')).commit(MARKER);
    await late.commit(MARKER);
    expect(await contents(store)).toEqual(['first', 'first', 'first']);
    await (await attempt(store, 'again')).commit(MARKER);
    expect(await contents(store)).toEqual(['first', 'first', 'first']);
  });

  test('write a shard again that was removed', async () => {
    const store = new LocalStore(await useTempFolder());
    await (await attempt(store, 'first')).commit(MARKER);
    await store.remove([MARKER, '00000.tar', '00000.parquet']);
    await (await attempt(store, 'second')).commit(MARKER);
    expect(await contents(store)).toEqual(['second', 'second', 'second']);
  });

  test('carry out what one has decided that died, and keep what others are writing', async () => {
    const folder = await useTempFolder();
    const store = new LocalStore(folder);
    const dead = await attempt(store, 'dead');
    // Nothing can be moved to a folder that must be a file, so the commit fails after its decision.
    await store.write('00000.parquet/in-the-way', '');
    await expect(dead.commit(MARKER)).rejects.toThrow();
    await dead.discard();
    await store.removeFolder('00000.parquet');
    const other = await attempt(store, 'other');
    expect((await store.leftovers()).map(({ committed }) => committed).sort()).toEqual([false, true]);
    await store.recover('may-write');
    expect(await contents(store)).toEqual(['dead', 'dead', 'dead']);
    await other.commit(MARKER);
    expect(await contents(store)).toEqual(['dead', 'dead', 'dead']);
    await attempt(store, 'killed');
    await store.recover();
    expect(await store.leftovers()).toEqual([]);
  });
});
