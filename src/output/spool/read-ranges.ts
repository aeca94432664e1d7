import type { FileHandle } from 'node:fs/promises';

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

/** Null where the file ends before. */
export async function readExactly(file: FileHandle, offset: number, length: number): Promise<Buffer | null> {
  const bytes = await readUpTo(file, offset, length);
  return bytes.length === length ? bytes : null;
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

/** Fewer bytes where the file ends before. */
async function readUpTo(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let filled = 0; filled < length; ) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) return bytes.subarray(0, filled);
    filled += bytesRead;
  }
  return bytes;
}
