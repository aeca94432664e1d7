import type { FileHandle } from 'node:fs/promises';
import { readUpTo } from '../../util/files/read-exactly.ts';

/** Where bytes lie in a file. */
export interface Place {
  readonly offset: number;
  readonly length: number;
}

/** What of a file is skipped between two places sooner by reading it than by a second read. */
const MAX_GAP_BYTES = 16 * 1024;

/**
 * The bytes of all places, in their order, in as few reads as pays; null for a place that the file ends before. Bytes
 * of places that lie near each other share memory.
 */
export async function readRanges(file: FileHandle, places: readonly Place[]): Promise<(Buffer | null)[]> {
  const found = new Map<Place, Buffer | null>();
  const stretches = stretchesOf(places).map(async (stretch) => {
    const { offset, length } = spanOf(stretch);
    const bytes = await readUpTo(file, offset, length);
    for (const place of stretch) {
      const start = place.offset - offset;
      const end = start + place.length;
      found.set(place, end <= bytes.length ? bytes.subarray(start, end) : null);
    }
  });
  await Promise.all(stretches);
  return places.map((place) => found.get(place) ?? null);
}

/** Places that one read brings, in the order of the file. */
function stretchesOf(places: readonly Place[]): Place[][] {
  const stretches: Place[][] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const place of [...places].sort((a, b) => a.offset - b.offset)) {
    if (place.offset - end <= MAX_GAP_BYTES) stretches.at(-1)?.push(place);
    else stretches.push([place]);
    end = Math.max(end, place.offset + place.length);
  }
  return stretches;
}

function spanOf(stretch: readonly Place[]): Place {
  const offset = Math.min(...stretch.map((place) => place.offset));
  return { offset, length: Math.max(...stretch.map((place) => place.offset + place.length)) - offset };
}
