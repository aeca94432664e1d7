import { Bools, bytesTaken, nextBits, readBool } from './bools';
import { BANDS, LARGE_BITS, ZIGZAG4 } from './tables';

/** Probabilities by kind of block, coefficient and context: eleven, in 16 bytes. One coefficient is beyond the block. */
const CONTEXT_BYTES: usize = 16;
const PLACE_BYTES: usize = 3 * CONTEXT_BYTES;
const KIND_BYTES: usize = 17 * PLACE_BYTES;
const odds = memory.data(4 * 17 * 3 * 16, 16);

export function oddsOf(kind: i32): usize {
  return odds + <usize>kind * KIND_BYTES;
}

/** Spreads the probabilities of the bands over their coefficients. */
export function setOdds(bands: usize): void {
  for (let kind: usize = 0; kind < 4; kind++) {
    for (let place: usize = 0; place < 17; place++) {
      for (let context: usize = 0; context < 3; context++) {
        const from = bands + ((kind * 8 + <usize>load<u8>(BANDS + place)) * 3 + context) * 11;
        memory.copy(odds + kind * KIND_BYTES + place * PLACE_BYTES + context * CONTEXT_BYTES, from, 11);
      }
    }
  }
}

/**
 * Reads the coefficients of a block of 4 by 4 from `first` on into `block`, which must be zero, times their
 * quantisation. Returns the place behind the last one.
 *
 * The state of `bools` is in locals here, and each bit is read in place: with a function for it this takes twice as
 * long. A bit takes at most seven bits of the code, so that four can be read once 32 are loaded.
 */
export function readCoefficients(
  bools: Bools, table: usize, context: i32, first: i32, dc: i32, ac: i32, block: usize,
): i32 {
  let value = bools.value;
  let range = bools.range;
  let left = bools.left;
  let place = first;
  let at = table + <usize>place * PLACE_BYTES + <usize>context * CONTEXT_BYTES;
  while (place < 16) {
    if (left < 32) {
      value |= nextBits(bools.at) >> (left + 8);
      bools.at += bytesTaken(left);
      left += <i32>bytesTaken(left) << 3;
    }
    let split = 1 + (((range - 1) * <i32>load<u8>(at)) >> 8);
    let high = <u64>split << 56;
    let shift: i32;
    if (value < high) {
      shift = <i32>clz(split) - 24;
      range = split << shift;
      value <<= shift;
      left -= shift;
      break;
    }
    range -= split;
    shift = <i32>clz(range) - 24;
    range <<= shift;
    value = (value - high) << shift;
    left -= shift;

    // Zeros.
    while (true) {
      split = 1 + (((range - 1) * <i32>load<u8>(at, 1)) >> 8);
      high = <u64>split << 56;
      if (value >= high) break;
      shift = <i32>clz(split) - 24;
      range = split << shift;
      value <<= shift;
      left -= shift;
      place++;
      at = table + <usize>place * PLACE_BYTES;
      if (place == 16) break;
      if (left < 32) {
        value |= nextBits(bools.at) >> (left + 8);
        bools.at += bytesTaken(left);
        left += <i32>bytesTaken(left) << 3;
      }
    }
    if (place == 16) break;
    range -= split;
    shift = <i32>clz(range) - 24;
    range <<= shift;
    value = (value - high) << shift;
    left -= shift;

    let size = 1;
    let next: usize = CONTEXT_BYTES;
    split = 1 + (((range - 1) * <i32>load<u8>(at, 2)) >> 8);
    high = <u64>split << 56;
    if (value < high) {
      shift = <i32>clz(split) - 24;
      range = split << shift;
      value <<= shift;
      left -= shift;
    } else {
      range -= split;
      shift = <i32>clz(range) - 24;
      bools.value = (value - high) << shift;
      bools.range = range << shift;
      bools.left = left - shift;
      size = readLarge(bools, at);
      value = bools.value;
      range = bools.range;
      left = bools.left;
      if (left < 0) {
        value |= nextBits(bools.at) >> (left + 8);
        bools.at += bytesTaken(left);
        left += <i32>bytesTaken(left) << 3;
      }
      next = 2 * CONTEXT_BYTES;
    }

    // The sign takes one bit of the code, whatever it is.
    split = (range + 1) >> 1;
    high = <u64>split << 56;
    const negative = <i32>(value >= high);
    value = (value - (high & -(<u64>negative))) << 1;
    range = (negative ? range - split : split) << 1;
    left -= 1;
    const step = place > 0 ? ac : dc;
    store<i16>(block + (<usize>load<u8>(ZIGZAG4 + place) << 1), <i16>(((size ^ -negative) + negative) * step));
    place++;
    at = table + <usize>place * PLACE_BYTES + next;
  }
  bools.value = value;
  bools.range = range;
  bools.left = left;
  return place;
}

/** The magnitude of a coefficient of 2 or more (13.2). */
function readLarge(bools: Bools, odds: usize): i32 {
  if (readBool(bools, load<u8>(odds, 3)) == 0) {
    return readBool(bools, load<u8>(odds, 4)) == 0 ? 2 : 3 + readBool(bools, load<u8>(odds, 5));
  }
  if (readBool(bools, load<u8>(odds, 6)) == 0) {
    if (readBool(bools, load<u8>(odds, 7)) == 0) return 5 + readBool(bools, 159);
    const high = readBool(bools, 165);
    return 7 + 2 * high + readBool(bools, 145);
  }
  const upper = readBool(bools, load<u8>(odds, 8));
  const list = 2 * upper + readBool(bools, load<u8>(odds + <usize>upper, 9));
  let size = 0;
  for (let at = LARGE_BITS + <usize>(12 * list); load<u8>(at) != 0; at++) size += size + readBool(bools, load<u8>(at));
  return size + 3 + (8 << list);
}
