import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { Store, Transaction } from '../../../src/output/store/store.ts';

/** Opens an empty store; all calls with the same location see the same files. */
export interface StoreUnderTest {
  readonly name: string;
  /** A location without any files. */
  newLocation(): Promise<string>;
  open(location: string): Store;
  /** Whether a transaction that was not committed leaves nothing that could be seen. */
  readonly leavesNothing?: boolean;
}

const DATA = ['00000.tar', '00000.parquet', '.laion-fetch/rights.parquet/00000.parquet'];
const MARKER = '00000_stats.json';
const textOf = async (store: Store, name: string): Promise<string | null> =>
  (await store.read(name))?.toString() ?? null;

async function createFile(transaction: Transaction, name: string, text: string): Promise<void> {
  const file = await transaction.createFile(name);
  await file.write([Buffer.from(text)]);
  await file.finish();
}

async function createShard(transaction: Transaction, text: string): Promise<void> {
  for (const name of [...DATA, MARKER]) await createFile(transaction, name, text);
}

async function writeShard(store: Store, text: string): Promise<void> {
  const transaction = await store.begin('new', 0);
  await createShard(transaction, text);
  await transaction.commit(MARKER);
}

const shardOf = async (store: Store): Promise<(string | null)[]> =>
  Promise.all([...DATA, MARKER].map((name) => textOf(store, name)));

/** What `shardOf` finds if all files have this text. */
const all = (text: string | null): (string | null)[] => [...DATA, MARKER].map(() => text);

/** The contract of every store; see src/output/store/store.ts. */
export function describeStore({ name, newLocation, open, leavesNothing = false }: StoreUnderTest): void {
  const newStore = async (): Promise<Store> => open(await newLocation());

  describe(`${name}: reading`, () => {
    test('finds nothing if nothing was written', async () => {
      const store = await newStore();
      expect(await store.read('a.json')).toBeNull();
      expect(await store.size('a.json')).toBeNull();
      expect(await store.list('folder')).toBeNull();
      expect(await store.leftovers()).toEqual([]);
      await expect(buffer(store.stream('a.json'))).rejects.toThrow();
      await expect(store.readRange('a.json', 0, 1)).rejects.toThrow();
    });

    test('reads a file as one buffer, in ranges, as a stream and by its local path', async () => {
      const store = await newStore();
      const text = 'x'.repeat(3_000_000).concat('end');
      await store.write('a.json', text);
      expect(await store.size('a.json')).toBe(text.length);
      expect(await textOf(store, 'a.json')).toBe(text);
      expect((await buffer(store.stream('a.json'))).toString()).toBe(text);
      expect((await store.readRange('a.json', text.length - 3, 3)).toString()).toBe('end');
      expect(await readFile(await store.localPath('a.json'), 'utf8')).toBe(text);
    });

    test('refuses a range beyond the end of the file', async () => {
      const store = await newStore();
      await store.write('a.json', 'abc');
      await expect(store.readRange('a.json', 1, 3)).rejects.toThrow();
    });

    test('lists files and folders, each with its kind', async () => {
      const store = await newStore();
      await store.write('a.json', '');
      await store.write('00000/0.jpg', '');
      const found = (await store.list()) ?? [];
      expect(found.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
        { name: '00000', kind: 'folder' },
        { name: 'a.json', kind: 'file' },
      ]);
      expect(await store.list('00000')).toEqual([{ name: '0.jpg', kind: 'file' }]);
    });
  });

  describe(`${name}: small files`, () => {
    test('are replaced atomically', async () => {
      const store = await newStore();
      await store.write('.laion-fetch/manifest.json', 'old and longer');
      await store.write('.laion-fetch/manifest.json', 'new');
      expect(await textOf(store, '.laion-fetch/manifest.json')).toBe('new');
      expect(await store.list('.laion-fetch')).toHaveLength(1);
    });

    test('grow by lines, before they are closed and after', async () => {
      const location = await newLocation();
      const [name, store] = ['deep/a.jsonl', open(location)];
      const lines = async (): Promise<string | undefined> => (await store.readLog(name))?.toString();
      expect(await store.readLog(name)).toBeNull();
      await store.closeLog(name);
      expect(await store.list('deep')).toBeNull();
      for (const line of ['1\n2\n', '3\n']) await open(location).append(name, line);
      await store.write('other', '');
      expect(await lines()).toBe('1\n2\n3\n');
      await open(location).append(name, '4\n');
      await store.closeLog(name);
      await open(location).append(name, '5\n');
      await store.closeLog(name);
      expect([await lines(), await textOf(store, name)]).toEqual(['1\n2\n3\n4\n5\n', '1\n2\n3\n4\n5\n']);
      expect(await store.list('deep')).toEqual([{ name: 'a.jsonl', kind: 'file' }]);
    });

    test('are removed, as is an empty folder, and missing ones are skipped', async () => {
      const store = await newStore();
      await store.write('00000/0.jpg', '');
      await store.write('kept.json', '');
      await store.remove(['missing', '00000/0.jpg', '00000']);
      expect(await store.list()).toEqual([{ name: 'kept.json', kind: 'file' }]);
    });

    test('are removed with their folder', async () => {
      const store = await newStore();
      await store.write('.laion-fetch/a/b.json', '');
      await store.write('kept.json', '');
      await store.removeFolder('.laion-fetch');
      await store.removeFolder('missing');
      expect(await store.list()).toEqual([{ name: 'kept.json', kind: 'file' }]);
    });
  });

  describe(`${name}: new files`, () => {
    test('are not visible before the commit, and all are visible after it', async () => {
      const store = await newStore();
      const transaction = await store.begin('new', 0);
      await createShard(transaction, 'new');
      expect(await shardOf(store)).toEqual(all(null));
      await transaction.commit(MARKER);
      expect(await shardOf(store)).toEqual(all('new'));
      expect(await store.leftovers()).toEqual([]);
    });

    test('are reported with their length and digest', async () => {
      const transaction = await (await newStore()).begin('new', 0);
      const file = await transaction.createFile(MARKER);
      await file.write([Buffer.from('one '), Buffer.from('two ')]);
      await file.write([Buffer.from('three')]);
      expect(file.size).toBe(13);
      const sha256 = createHash('sha256').update('one two three').digest('hex');
      expect(await file.finish()).toEqual({ bytes: 13, sha256 });
    });

    test('replace files and folders of the same names', async () => {
      const store = await newStore();
      await writeShard(store, 'old');
      await store.write('00000/stale.jpg', '');
      const transaction = await store.begin('new', 0);
      const folder = await transaction.createFolder('00000');
      await Promise.all(['a', 'b'].map((each) => folder.add(`${each}.jpg`, Buffer.from(each))));
      await folder.finish();
      await createShard(transaction, 'new');
      await transaction.commit(MARKER);
      expect(await shardOf(store)).toEqual(all('new'));
      expect((await store.list('00000'))?.map((entry) => entry.name).sort()).toEqual(['a.jpg', 'b.jpg']);
      expect(await textOf(store, '00000/b.jpg')).toBe('b');
    });

    test('leave nothing behind when they are discarded, finished or not', async () => {
      const store = await newStore();
      const transaction = await store.begin('new', 0);
      await createShard(transaction, 'new');
      await transaction.createFile('00001.tar');
      await (await transaction.createFolder('00001')).add('a.jpg', Buffer.from('a'));
      await transaction.discard();
      expect(await shardOf(store)).toEqual(all(null));
      expect(await store.leftovers()).toEqual([]);
    });

    test('of an interrupted run are leftovers and can be written again', async () => {
      const location = await newLocation();
      await createShard(await open(location).begin('new', 0), 'interrupted');
      expect((await open(location).leftovers()).length > 0).toBe(!leavesNothing);
      await writeShard(open(location), 'new');
      expect(await shardOf(open(location))).toEqual(all('new'));
    });
  });

  describe(`${name}: replacements`, () => {
    test('appear together', async () => {
      const store = await newStore();
      await writeShard(store, 'old');
      const transaction = await store.begin('replacement', 0);
      await createShard(transaction, 'new');
      expect(await shardOf(store)).toEqual(all('old'));
      await transaction.commit(MARKER);
      expect(await shardOf(store)).toEqual(all('new'));
      expect(await store.leftovers()).toEqual([]);
    });

    test('leave the existing files unchanged when they are discarded', async () => {
      const store = await newStore();
      await writeShard(store, 'old');
      const transaction = await store.begin('replacement', 0);
      await createShard(transaction, 'new');
      await transaction.discard();
      expect(await shardOf(store)).toEqual(all('old'));
      expect(await store.leftovers()).toEqual([]);
    });

    test('that a crash interrupted before the commit are discarded', async () => {
      const location = await newLocation();
      await writeShard(open(location), 'old');
      await createShard(await open(location).begin('replacement', 0), 'new');
      const left = await open(location).leftovers();
      expect(left).toMatchObject(leavesNothing ? [] : [{ committed: false }]);
      await open(location).recover();
      expect(await open(location).leftovers()).toEqual([]);
      expect(await shardOf(open(location))).toEqual(all('old'));
    });
  });
}
