import { createHash } from 'node:crypto';
import type { FinishedShard } from './finished-shards.ts';

/** Shards that are opened for images, so that a large dataset costs no more than a small one. */
const MOST_SHARDS = 6;

/**
 * Chooses images at random: for the name of a shard, the positions among its images. The same dataset and seed give the
 * same images. In a large dataset they come from a few shards.
 */
export function chooseSamples(
  shards: readonly Pick<FinishedShard, 'name' | 'successes'>[],
  count: number,
  seed: number,
): ReadonlyMap<string, ReadonlySet<number>> {
  const full = shards.filter(({ successes }) => successes > 0);
  const opened = firstByHash(full, MOST_SHARDS, ({ name }) => `${seed} ${name}`);
  const total = opened.reduce((sum, { successes }) => sum + successes, 0);
  const chosen = new Map<string, Set<number>>();
  const random = randomNumbers(seed);
  for (let left = Math.min(count, total); left > 0; ) {
    let at = Math.floor(random() * total);
    for (const { name, successes } of opened) {
      if (at >= successes) {
        at -= successes;
        continue;
      }
      const ofShard = chosen.get(name) ?? new Set<number>();
      if (!ofShard.has(at)) left -= 1;
      chosen.set(name, ofShard.add(at));
      break;
    }
  }
  return chosen;
}

/** A part of the items, in their order. */
function firstByHash<Item>(items: readonly Item[], count: number, textOf: (item: Item) => string): Item[] {
  if (items.length <= count) return [...items];
  const hashed = items.map((item) => ({
    item,
    hash: createHash('sha256').update(textOf(item)).digest('hex'),
  }));
  const kept = new Set(
    hashed
      .sort((a, b) => (a.hash < b.hash ? -1 : 1))
      .slice(0, count)
      .map(({ item }) => item),
  );
  return items.filter((item) => kept.has(item));
}

/** Numbers from 0 to below 1 (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
