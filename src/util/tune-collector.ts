import { getHeapSpaceStatistics, getHeapStatistics, setFlagsFromString } from 'node:v8';

/** Both halves of the space for young objects, of which one is in use: what fits into a processor's cache. */
const YOUNG_BYTES = 8 * 1024 * 1024;
/** Objects that are made to fill it, and the most where V8 was told to keep it smaller. */
const STEP = 10_000;
const MAX_OBJECTS = 1_000_000;
/**
 * By so much, or to twice their size, may old objects grow before they are collected. What sockets read counts with
 * them until the young are collected, and is 190 kB a picture, of a heap of 25 MB.
 */
const LEAST_GROWTH_BYTES = 96 * 1024 * 1024;
const LOOK_EVERY_MS = 1000;

/**
 * Sets V8's garbage collector for a program of which hardly anything outlives a row. Left alone, the space for young
 * objects starts at an eighth of its size here, where each collection finds too much that is still in use, and ends at
 * four times as much, which fits into no cache; and how far old objects may grow before they are collected depends on how
 * fast they do, so that a small heap is collected twice a second and a large one hardly ever.
 */
export function tuneCollector(): void {
  // The flag that gives the young their room is only heeded before a program starts.
  const survivors: object[] = [];
  while (youngBytes() < YOUNG_BYTES && survivors.length < MAX_OBJECTS) {
    for (let count = 0; count < STEP; count += 1) survivors.push({});
  }
  setFlagsFromString('--semi-space-growth-factor=1');
  letOldGrow();
  setInterval(letOldGrow, LOOK_EVERY_MS).unref();
}

function letOldGrow(): void {
  const percent = Math.max(100, Math.round((100 * LEAST_GROWTH_BYTES) / getHeapStatistics().used_heap_size));
  setFlagsFromString(`--heap-growing-percent=${percent}`);
}

function youngBytes(): number {
  const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
  return space?.space_size ?? YOUNG_BYTES;
}
