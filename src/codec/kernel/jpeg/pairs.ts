/**
 * Reads two coefficients of a sequential block at a time. The next eleven bits select a 32-bit entry for the first code
 * and, if it is complete in them, the second:
 *
 *     bits 0-3, 4-7, 8-11      length of the first code, length of its value, zeros before it; all 0: it is longer
 *     bits 12-15, 16-19, 20-23 the same of the second code; all 0: there is none
 *     bit 24                   the second code is a coefficient
 *     bit 25                   the last of them is the end of the block
 *
 * Both values are always read and stored, since the processor cannot predict whether there is a second one. Where there
 * is none, a zero goes to the place of the next coefficient.
 */
import * as bits from './bits';
import { extend, findCode, LOOK_BITS } from './huffman';
import { ZIGZAG } from '../planes/component';

const PAIR_BITS: i32 = 11;
const PAIR_SIZE: i32 = 1 << PAIR_BITS;
const SECOND: i32 = 1 << 24;
const END: i32 = 1 << 25;

const tables = memory.data(4 * 2048 * 4, 16);

export function pairsAt(slot: i32): usize {
  return tables + <usize>(slot * PAIR_SIZE * 4);
}

/** Builds the table for the codes of the AC table `codes`. */
export function preparePairs(codes: usize, pairs: usize): void {
  for (let next: i32 = 0; next < PAIR_SIZE; next++) {
    const first = codeIn(codes, next, 0);
    const used = (first & 15) + ((first >> 4) & 15);
    const second = first == 0 || (first & END) != 0 ? 0 : codeIn(codes, next, used);
    const isCoefficient = second != 0 && (second & END) == 0;
    const marks = ((first | second) & END) | (isCoefficient ? SECOND : 0);
    store<i32>(pairs + (<usize>next << 2), (first & 0xfff) | ((second & 0xfff) << 12) | marks);
  }
}

/** The code that begins after `used` bits of an index: bits 0 to 11 of an entry, and `END`. 0 if it is incomplete. */
function codeIn(codes: usize, next: i32, used: i32): i32 {
  if (used >= PAIR_BITS) return 0;
  const ahead = ((next << used) & (PAIR_SIZE - 1)) >> (PAIR_BITS - LOOK_BITS);
  const entry = <i32>load<u16>(codes + (<usize>ahead << 1));
  const length = entry & 15;
  const zeros = entry >> 8;
  // Ends of several blocks are left out, too: they are damage here.
  if (length == 0 || used + length > PAIR_BITS || zeros > 128) return 0;
  return zeros == 128 ? length | END : length | (entry & 0xf0) | (zeros << 8);
}

/** Reads the AC coefficients of a block into `block`, which must be zero. False if any of them is damaged. */
export function readPairs(codes: usize, pairs: usize, block: usize): bool {
  let place = bits.place;
  let window = bits.bitsFrom(place);
  let at: i32 = 1;
  while (at <= 63) {
    // As in `readCoefficients`, the loop never waits for a load.
    const next = bits.bitsFrom(place);
    const entry = load<i32>(pairs + (<usize>(window >> (64 - PAIR_BITS)) << 2));
    if (entry == 0) {
      const long = findCode(codes, 1, window);
      const length = long >> 16;
      const size = (long >> 4) & 15;
      const zeros = (long >> 8) & 255;
      if (long == 0 || zeros > 128) return false;
      place += length + size;
      if (zeros == 128) break;
      at += zeros;
      if (at > 63) return false;
      storeValue(block, at, window, length, size);
      window = next << (length + size);
      at++;
      continue;
    }
    const length = entry & 15;
    const size = (entry >> 4) & 15;
    const used = length + size;
    at += (entry >> 8) & 15;
    storeValue(block, at, window, length, size);
    if (at >= 63) {
      if (at > 63) return false;
      place += used;
      break;
    }
    const until = used + ((entry >> 12) & 15);
    const secondSize = (entry >> 16) & 15;
    at += 1 + ((entry >> 20) & 15);
    storeValue(block, at, window, until, secondSize);
    window = next << (until + secondSize);
    place += until + secondSize;
    if ((entry & END) != 0) break;
    at += (entry >> 24) & 1;
  }
  bits.moveTo(place);
  return at <= 64;
}

/** Stores the value of `size` bits behind the first `length` bits of the window. */
// @ts-ignore: decorator
@inline
function storeValue(block: usize, at: i32, window: u64, length: i32, size: i32): void {
  const value = extend(<i32>(((window << length) >> 1) >> (63 - size)), size);
  store<i16>(block + ((<usize>load<u8>(ZIGZAG + at)) << 1), <i16>value);
}
