import { SLACK } from '../planes/memory';

/** Number of bits of the current stretch of entropy code that have been read. */
export let place: i32 = 0;
/** Address of the stretch's first eight bytes. */
let first: usize = 0;
let size: i32 = 0;

export function moveTo(newPlace: i32): void {
  place = newPlace;
}

/** Bytes of memory that a stretch of `bytes` bytes needs. */
export function roomFor(bytes: usize): usize {
  return bytes + 2 * SLACK;
}

/**
 * Prepares the bytes between `from` and the next marker. Copies them without stuffed zeros and in reverse order, so one
 * load returns the bits at any place.
 *
 * @param into memory of `roomFor(end - from)` bytes
 * @returns the address of the marker, or `end` if there is none
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

/** The 57 bits from a place on, left-aligned; below them are zeros or more bits. */
// @ts-ignore: decorator
@inline
export function bitsFrom(at: i32): u64 {
  return load<u64>(first - (at >> 3)) << (at & 7);
}

/** Whether more bits were taken than the stretch has. */
export function isOverdrawn(): bool {
  return place > size;
}

/** Whether everything was read except `spare` bytes and the bits that pad the last byte. */
export function isUsedUpTo(spare: i32): bool {
  return place <= size && (size - place) >> 3 <= spare;
}

/** The next `count` bits, at most 16. */
export function take(count: i32): i32 {
  const value = <i32>((bitsFrom(place) >> 1) >> (63 - count));
  place += count;
  return value;
}
