import { SLACK } from '../planes/memory';

/** Bits of the present stretch of entropy code that are read. */
export let place: i32 = 0;
/** Where the stretch's first eight bytes lie. */
let first: usize = 0;
let size: i32 = 0;

export function moveTo(newPlace: i32): void {
  place = newPlace;
}

/** Room that a stretch out of `bytes` takes. */
export function roomFor(bytes: usize): usize {
  return bytes + 2 * SLACK;
}

/**
 * Prepares what lies between `from` and the next marker: without stuffed zeros, and back to front, so that the bits at
 * any place come with one load.
 *
 * @param into so much room as `roomFor` says for all bytes up to `end`
 * @returns the marker's place, or `end` where there is none
 */
export function openStretch(from: usize, end: usize, into: usize): usize {
  const top = into + roomFor(end - from) - SLACK;
  let source = from;
  let target = top;
  const marker = i8x16.splat(-1);
  while (source < end) {
    const piece = v128.load(source);
    v128.store(target - 16, i8x16.shuffle(piece, piece, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
    const found = i8x16.bitmask(i8x16.eq(piece, marker));
    if (found == 0) {
      source += 16;
      target -= 16;
      continue;
    }
    const ahead = ctz(found);
    source += ahead;
    target -= ahead;
    if (source >= end || load<u8>(source + 1) != 0) break;
    source += 2;
    target -= 1;
  }
  memory.fill(target - SLACK, 0, SLACK);
  first = top - 8;
  size = <i32>(top - target) << 3;
  place = 0;
  return source < end ? source : end;
}

/** The 57 bits from a place on, and zeros or more bits below them. */
// @ts-ignore: decorator
@inline
export function bitsFrom(at: i32): u64 {
  return load<u64>(first - (at >> 3)) << (at & 7);
}

/** Whether more bits were taken than there were. */
export function isOverdrawn(): bool {
  return place > size;
}

/** Whether all was read but the bits that fill up the last byte. */
export function isUsedUp(): bool {
  return place <= size && size - place < 8;
}

/** The next `count` bits, 16 at the most. */
export function take(count: i32): i32 {
  const value = <i32>((bitsFrom(place) >> 1) >> (63 - count));
  place += count;
  return value;
}
