import { SLACK } from './memory';

/**
 * The bits of one stretch of entropy code, of which stuffed zeros are taken out and each four bytes are turned round
 * beforehand, so that the decoder takes 32 bits with one load.
 */
export let buffer: u64 = 0;
/** Valid bits at the top of the buffer; those below are zero. */
export let count: i32 = 0;
export let position: usize = 0;
let start: usize = 0;
let bytes: usize = 0;

export function keep(newBuffer: u64, newCount: i32, newPosition: usize): void {
  buffer = newBuffer;
  count = newCount;
  position = newPosition;
}

/** Prepares what lies between `from` and the next marker; the marker's place, or `end` where there is none. */
export function openStretch(from: usize, end: usize, into: usize): usize {
  let source = from;
  let target = into;
  const marker = i8x16.splat(-1);
  while (source < end) {
    const piece = v128.load(source);
    v128.store(target, piece);
    const found = i8x16.bitmask(i8x16.eq(piece, marker));
    if (found == 0) {
      source += 16;
      target += 16;
      continue;
    }
    const ahead = ctz(found);
    source += ahead;
    target += ahead;
    if (source >= end || load<u8>(source + 1) != 0) break;
    source += 2;
    target += 1;
  }
  bytes = target - into;
  memory.fill(target, 0, SLACK);
  for (let at: usize = 0; at < bytes + 64; at += 16) {
    const piece = v128.load(into + at);
    v128.store(into + at, i8x16.shuffle(piece, piece, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
  }
  start = into;
  keep(0, 0, into);
  return source < end ? source : end;
}

/** Whether more bits were taken than there were. */
export function isOverdrawn(): bool {
  return bitsLeft() < 0;
}

/** Whether all was read but the bits that fill up the last byte. */
export function isUsedUp(): bool {
  const left = bitsLeft();
  return left >= 0 && left < 8;
}

function bitsLeft(): i32 {
  return ((<i32>bytes - <i32>(position - start)) << 3) + count;
}

/** The next `size` bits, 16 at the most. */
export function take(size: i32): i32 {
  if (size == 0) return 0;
  refill();
  const value = <i32>(buffer >> (64 - size));
  skip(size);
  return value;
}

/** Sees to it that 32 bits are there. */
export function refill(): void {
  if (count >= 32) return;
  buffer |= (<u64>load<u32>(position)) << (32 - count);
  position += 4;
  count += 32;
}

export function skip(size: i32): void {
  buffer <<= size;
  count -= size;
}
