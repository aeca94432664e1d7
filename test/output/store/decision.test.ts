import { expect, test } from 'vitest';
import type { PartsWriter } from '../../../src/objects/interface/parts-writer.ts';
import { openObjects } from '../../../src/objects/open-objects.ts';
import { ObjectStore } from '../../../src/output/store/object-store.ts';
import type { Store } from '../../../src/output/store/store.ts';
import { describeOnStores } from '../../support/stores/describe-on-stores.ts';
import type { StoreProgram } from '../../support/stores/start-store.ts';

const FILES = ['00000.tar', '00000.parquet', '00000.sha256', '00000_stats.json'];
const MARKER = '00000_stats.json';
/** More than one part. */
const LARGE = 9 << 20;

class Died extends Error {}

/** Objects whose client dies at the nth request that changes something. */
function mortal(objects: PartsWriter, deathAt: number): { objects: PartsWriter; requests(): number } {
  let requests = 0;
  const changing = new Set(['put', 'remove', 'startUpload', 'uploadPart', 'completeUpload', 'abortUpload']);
  const proxy = new Proxy(objects, {
    get: (target, name: keyof PartsWriter) => {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return (...args: unknown[]) => {
        if (changing.has(name)) {
          requests += 1;
          if (requests >= deathAt) return Promise.reject(new Died());
        }
        return method.apply(target, args);
      };
    },
  });
  return { objects: proxy, requests: () => requests };
}

/** Writes a shard whose files all begin with the writer's name. */
async function writeShard(
  objects: PartsWriter,
  writer: string,
  kind: 'new' | 'replacement',
  tarBytes = 10,
): Promise<void> {
  const store: Store = new ObjectStore(objects);
  const transaction = await store.begin(kind, 0);
  for (const name of FILES) {
    const file = await transaction.createFile(name);
    await file.write([Buffer.from(writer), Buffer.alloc(name.endsWith('.tar') ? tarBytes : 10, writer)]);
    await file.finish();
  }
  await transaction.commit(MARKER);
}

/** Who wrote each file of the shard; null for a file that is not there. */
async function writersOf(objects: PartsWriter): Promise<(string | null)[]> {
  const store = new ObjectStore(objects);
  return Promise.all(FILES.map(async (name) => (await store.read(name))?.subarray(0, 1).toString() ?? null));
}

const all = <T>(value: T): T[] => FILES.map(() => value);

await describeOnStores(['seaweedfs', 'versitygw', 'azurite', 'fake-gcs-server'], describeCommit);

function describeCommit(program: StoreProgram, newLocation: () => string): void {
  const newPlace = (): PartsWriter => {
    const objects = openObjects(newLocation());
    if (objects === null || 'commit' in objects) throw new Error('Expected a store');
    return objects;
  };

  test.each(['new', 'replacement'] as const)(
    'is whole or as before when its writer dies at any step (%s)',
    async (kind) => {
      const healthy = mortal(newPlace(), Number.POSITIVE_INFINITY);
      await writeShard(healthy.objects, 'a', 'new');
      const steps = healthy.requests();
      expect(steps).toBeGreaterThanOrEqual(13);
      const seen = new Set<string | null>();
      // With SeaweedFS every third step, which is enough to meet each kind.
      const stride = program === 'versitygw' ? 1 : 3;
      for (let death = 1; death <= steps + 2; death += stride) {
        const objects = newPlace();
        if (kind === 'replacement') await writeShard(objects, 'o', 'new');
        await writeShard(mortal(objects, death).objects, 'a', kind).catch((error: unknown) => {
          if (!(error instanceof Died)) throw error;
        });
        const store = new ObjectStore(objects);
        await store.recover();
        const [first = null, ...others] = await writersOf(objects);
        expect(others, `death at request ${death}`).toEqual(all(first).slice(1));
        expect(kind === 'new' ? [null, 'a'] : ['o', 'a']).toContain(first);
        expect(await store.leftovers()).toEqual([]);
        expect(await objects.openUploads('')).toEqual([]);
        seen.add(first);
      }
      expect(seen.size).toBe(2);
    },
    60_000,
  );

  test('is of one of several writers that race', async () => {
    for (let round = 0; round < 2; round += 1) {
      const objects = newPlace();
      await Promise.all(['a', 'b', 'c', 'd'].map((writer) => writeShard(objects, writer, 'new', LARGE)));
      const [first, ...others] = await writersOf(objects);
      expect(['a', 'b', 'c', 'd']).toContain(first);
      expect(others).toEqual(all(first).slice(1));
      expect(await objects.openUploads('')).toEqual([]);
    }
  }, 60_000);
}
