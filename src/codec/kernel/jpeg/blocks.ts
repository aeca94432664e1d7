import * as bits from './bits';
import { Component, ZIGZAG } from '../planes/component';
import { extend, findCode, findLongCode, LOOK_BITS } from './huffman';
import { readPairs } from './pairs';
import { passOver } from './skips';

/** Blocks after the current one that an end-of-band run still covers. */
let endRun: i32 = 0;

export function restart(): void {
  endRun = 0;
}

/**
 * Reads the coefficients of a sequential block up to `wanted` into `block`, which must be zero, and skips those after
 * it. False if any of them is damaged.
 */
export function readBlock(part: Component, block: usize, wanted: i32): bool {
  if (!readDc(part, block, 0)) return false;
  const at = readCoefficients(part.acTable, block, 1, 63, wanted, 0);
  return at != 0 && endRun == 0 && (at > 63 || passOver(part.acTable, part.skips, at));
}

/** The same for all coefficients, two at a time. */
export function readBlockInPairs(part: Component, block: usize): bool {
  return readDc(part, block, 0) && readPairs(part.acTable, part.pairs, block);
}

/** Reads the DC value of a block, whose lowest `low` bits come in later scans. False if it is damaged. */
export function readDc(part: Component, block: usize, low: i32): bool {
  const window = bits.bitsFrom(bits.place);
  const entry = findCode(part.dcTable, 0, window);
  if (entry == 0) return false;
  const length = entry >> 16;
  const size = (entry >> 4) & 15;
  bits.moveTo(bits.place + length + size);
  part.predictor += valueBehind(window, length, size);
  store<i16>(block, <i16>(part.predictor << low));
  return true;
}

/**
 * Reads coefficients `first` to `last` until `wanted` is reached, as sequential blocks and the first scans of
 * progressive blocks store them. Returns the index of the next one, 64 if there is none, or 0 if they are damaged.
 */
export function readCoefficients(table: usize, block: usize, first: i32, last: i32, wanted: i32, low: i32): i32 {
  if (endRun > 0) {
    endRun--;
    return 64;
  }
  let place = bits.place;
  let window = bits.bitsFrom(place);
  let at = first;
  while (at <= wanted) {
    // A code and its value take at most 31 bits, so 57 bits are enough for two, and the loop never waits for a load.
    const next = bits.bitsFrom(place);
    // The same as `findCode`, whose way of returning the length would make this loop a tenth slower.
    let entry = <i32>load<u16>(table + ((<usize>(window >> (64 - LOOK_BITS))) << 1));
    let length = entry & 15;
    if (length == 0) {
      entry = findLongCode(table, 1, <i32>(window >> 48));
      if (entry == 0) return 0;
      length = entry >> 16;
    }
    at += (entry >> 8) & 255;
    const size = (entry >> 4) & 15;
    if (at > last) {
      if (at < 128) return 0;
      bits.moveTo(place + length);
      const power = ((entry >> 8) & 255) - 128;
      endRun = (1 << power) + bits.take(power) - 1;
      return 64;
    }
    const value = valueBehind(window, length, size);
    window = next << (length + size);
    place += length + size;
    store<i16>(block + ((<usize>load<u8>(ZIGZAG + at)) << 1), <i16>(value << low));
    at++;
  }
  bits.moveTo(place);
  return at;
}

/** The value that follows a code. */
// @ts-ignore: decorator
@inline
function valueBehind(window: u64, length: i32, size: i32): i32 {
  return extend(<i32>(((window << length) >> 1) >> (63 - size)), size);
}

/** Reads one more bit of a DC value. */
export function refineDc(block: usize, low: i32): void {
  if (bits.take(1) != 0) store<i16>(block, <i16>(<i32>load<i16>(block) | (1 << low)));
}

/**
 * Reads one more bit of the coefficients that an earlier scan has set, and new coefficients that it left at zero. False
 * if they are damaged.
 */
export function refineCoefficients(table: usize, block: usize, first: i32, last: i32, low: i32): bool {
  let at = first;
  const one = 1 << low;
  if (endRun == 0) {
    while (at <= last) {
      let entry = readEntry(table);
      if (entry == 0) return false;
      let zeros = (entry >> 8) & 255;
      const value = entry >> 16;
      if (zeros >= 128) {
        const power = zeros - 128;
        endRun = (1 << power) + bits.take(power);
        break;
      }
      if (value < -1 || value > 1 || (value == 0 && zeros != 15)) return false;
      for (; at <= last; at++) {
        const place = block + ((<usize>load<u8>(ZIGZAG + at)) << 1);
        if (load<i16>(place) != 0) refine(place, one);
        else if (--zeros < 0) {
          if (value != 0) store<i16>(place, <i16>(value * one));
          break;
        }
      }
      if (at > last) return false;
      at++;
    }
  }
  if (endRun > 0) {
    for (; at <= last; at++) {
      const place = block + ((<usize>load<u8>(ZIGZAG + at)) << 1);
      if (load<i16>(place) != 0) refine(place, one);
    }
    endRun--;
  }
  return true;
}

function refine(place: usize, one: i32): void {
  if (bits.take(1) == 0) return;
  const value = <i32>load<i16>(place);
  if ((value & one) == 0) store<i16>(place, <i16>(value >= 0 ? value + one : value - one));
}

/** The next code of an AC table: its zeros in bits 8 to 15, its value above them, 1 in bit 0. 0 if there is none. */
function readEntry(table: usize): i32 {
  const window = bits.bitsFrom(bits.place);
  const entry = findCode(table, 1, window);
  if (entry == 0) return 0;
  const length = entry >> 16;
  const size = (entry >> 4) & 15;
  bits.moveTo(bits.place + length + size);
  return (entry & 0xff00) | 1 | (valueBehind(window, length, size) << 16);
}
