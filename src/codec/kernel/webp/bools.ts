/**
 * Reads the arithmetic code of VP8 (RFC 6386, 7). The highest eight bits of `value` are compared with a part of `range`;
 * `left` counts the bits below them that are loaded.
 */
@unmanaged
export class Bools {
  value: u64;
  /** The next byte to load. */
  at: usize;
  end: usize;
  range: i32;
  left: i32;
}

/** One for the header and the modes, and up to eight for coefficients. */
const readers = memory.data(9 * 32, 16);

export function boolsAt(index: i32): Bools {
  return changetype<Bools>(readers + <usize>index * 32);
}

/** False if the first byte is one that no encoder writes: later values would be beyond the range. */
export function openBools(bools: Bools, from: usize, end: usize): bool {
  bools.value = 0;
  bools.at = from;
  bools.end = end;
  bools.range = 255;
  bools.left = -8;
  return load<u8>(from) < 255;
}

/** Whether more was read than there is, as libwebp counts it. */
export function isBeyond(bools: Bools): bool {
  return (<i32>(bools.at - bools.end)) << 3 > bools.left;
}

/** A bit that is 0 with a probability of `odds` in 256. */
export function readBool(bools: Bools, odds: i32): i32 {
  let left = bools.left;
  let value = bools.value;
  if (left < 0) {
    value |= nextBits(bools.at) >> (left + 8);
    bools.at += bytesTaken(left);
    left += <i32>bytesTaken(left) << 3;
  }
  let range = bools.range;
  const split = 1 + (((range - 1) * odds) >> 8);
  const high = <u64>split << 56;
  const bit = <i32>(value >= high);
  value -= high & -(<u64>bit);
  range = bit ? range - split : split;
  const shift = <i32>clz(range) - 24;
  bools.value = value << shift;
  bools.range = range << shift;
  bools.left = left - shift;
  return bit;
}

/** The 64 bits from an address on. */
// @ts-ignore: decorator
@inline
export function nextBits(at: usize): u64 {
  return bswap<u64>(load<u64>(at));
}

/** How many bytes of them there is room for. */
// @ts-ignore: decorator
@inline
export function bytesTaken(left: i32): usize {
  return <usize>((56 - left) >> 3);
}

/** A number of `count` bits, the highest first. */
export function readNumber(bools: Bools, count: i32): i32 {
  let value = 0;
  for (let bit = 0; bit < count; bit++) value = (value << 1) | readBool(bools, 128);
  return value;
}

/** A number of `count` bits and its sign, if a bit says that there is one; otherwise 0. */
export function readOffset(bools: Bools, count: i32): i32 {
  if (readBool(bools, 128) == 0) return 0;
  const value = readNumber(bools, count);
  return readBool(bools, 128) ? -value : value;
}
