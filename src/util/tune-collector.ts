import { getHeapSpaceStatistics, getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { machineLimits } from './machine/machine-limits.ts';

/** Size of both halves of the young generation, one of which is in use; it fits into a processor's cache. */
const YOUNG_BYTES = 8 * 1024 * 1024;
/** Objects allocated per step to fill it, and their maximum if V8 was told to keep it smaller. */
const STEP = 10_000;
const MAX_OBJECTS = 1_000_000;
/**
 * The old generation may grow by this much, or to twice its size, before it is collected. Bytes read from sockets count
 * towards it until the young generation is collected: 190 kB per image, beside a heap of 25 MB.
 */
const LEAST_GROWTH_BYTES = 96 * 1024 * 1024;
/** The same as a share of the memory, where that is little. */
const LEAST_GROWTH = 1 / 16;
const LOOK_EVERY_MS = 1000;
/** With less memory, everything unused is collected as soon as the process takes a good part of it. */
const LITTLE_MEMORY_BYTES = 1024 * 1024 * 1024;
const GOOD_PART = 0.4;
const COLLECT_EVERY_MS = 250;

/**
 * Tunes V8's garbage collector for a program in which hardly any object outlives a row. By default the young generation
 * starts at an eighth of the size set here, so that each collection finds too much still in use, and ends at four times
 * that size, which fits no cache. The default limit for the old generation depends on how fast it grows, so that a small
 * heap is collected twice a second and a large one hardly ever.
 */
export function tuneCollector(): void {
  // V8 reads the flag for the initial size only before the program starts, so allocate until it has grown.
  const survivors: object[] = [];
  while (youngBytes() < YOUNG_BYTES && survivors.length < MAX_OBJECTS) {
    for (let count = 0; count < STEP; count += 1) survivors.push({});
  }
  setFlagsFromString('--semi-space-growth-factor=1');
  letOldGrow();
  setInterval(letOldGrow, LOOK_EVERY_MS).unref();
  const { memoryBytes } = machineLimits();
  if (memoryBytes < LITTLE_MEMORY_BYTES) collectAbove(memoryBytes * GOOD_PART);
}

/** V8 lets 64 MiB of unused bytes from sockets and pipes accumulate, and that cannot be changed. */
function collectAbove(bytes: number): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') return;
  setInterval(() => {
    if (process.memoryUsage.rss() > bytes) collect();
  }, COLLECT_EVERY_MS).unref();
}

function letOldGrow(): void {
  const growth = Math.min(LEAST_GROWTH_BYTES, machineLimits().memoryBytes * LEAST_GROWTH);
  const percent = Math.max(100, Math.round((100 * growth) / getHeapStatistics().used_heap_size));
  setFlagsFromString(`--heap-growing-percent=${percent}`);
}

function youngBytes(): number {
  const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
  return space?.space_size ?? YOUNG_BYTES;
}
