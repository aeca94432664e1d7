import * as bits from './bits';
import { Component, ZIGZAG } from './component';
import { extend, findLongCode, LOOK_BITS } from './huffman';

/** Blocks that a run of ends covers besides the present one. */
let endRun: i32 = 0;

export function restart(): void {
  endRun = 0;
}

/** Reads the coefficients of a sequential block into `block`, which must be zero; false where they are damaged. */
export function readBlock(part: Component, block: usize): bool {
  return readDc(part, block, 0) && readCoefficients(part.acTable, block, 1, 63, 0) && endRun == 0;
}

/** The DC value of a block, of which `low` bits come later. */
export function readDc(part: Component, block: usize, low: i32): bool {
  let buffer = bits.buffer;
  let count = bits.count;
  let position = bits.position;
  if (count < 32) {
    buffer |= (<u64>load<u32>(position)) << (32 - count);
    position += 4;
    count += 32;
  }
  let entry = <i32>load<u16>(part.dcTable + ((<usize>(buffer >> (64 - LOOK_BITS))) << 1));
  let length = entry & 15;
  if (length == 0) {
    entry = findLongCode(part.dcTable, 0, <i32>(buffer >> 48));
    if (entry == 0) return false;
    length = entry >> 16;
  }
  buffer <<= length;
  const size = (entry >> 4) & 15;
  const value = extend(<i32>((buffer >> 1) >> (63 - size)), size);
  buffer <<= size;
  count -= length + size;
  bits.keep(buffer, count, position);
  part.predictor += value;
  store<i16>(block, <i16>(part.predictor << low));
  return true;
}

/** Coefficients `first` to `last` as sequential blocks and first scans of progressive ones have them. */
export function readCoefficients(table: usize, block: usize, first: i32, last: i32, low: i32): bool {
  if (endRun > 0) {
    endRun--;
    return true;
  }
  let buffer = bits.buffer;
  let count = bits.count;
  let position = bits.position;
  let at = first;
  while (at <= last) {
    if (count < 32) {
      buffer |= (<u64>load<u32>(position)) << (32 - count);
      position += 4;
      count += 32;
    }
    let entry = <i32>load<u16>(table + ((<usize>(buffer >> (64 - LOOK_BITS))) << 1));
    let length = entry & 15;
    if (length == 0) {
      entry = findLongCode(table, 1, <i32>(buffer >> 48));
      if (entry == 0) return false;
      length = entry >> 16;
    }
    buffer <<= length;
    at += (entry >> 8) & 255;
    const size = (entry >> 4) & 15;
    const value = extend(<i32>((buffer >> 1) >> (63 - size)), size);
    buffer <<= size;
    count -= length + size;
    if (at > last) {
      if (at < 128) return false;
      bits.keep(buffer, count, position);
      const power = ((entry >> 8) & 255) - 128;
      endRun = (1 << power) + bits.take(power) - 1;
      return true;
    }
    store<i16>(block + ((<usize>load<u8>(ZIGZAG + at)) << 1), <i16>(value << low));
    at++;
  }
  bits.keep(buffer, count, position);
  return true;
}

/** One more bit of a DC value. */
export function refineDc(block: usize, low: i32): void {
  if (bits.take(1) != 0) store<i16>(block, <i16>(<i32>load<i16>(block) | (1 << low)));
}

/** One more bit of coefficients that an earlier scan has told, and new ones that it left at zero. */
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

/** The zeros of the next code of an AC table in bits 8 to 15, its value above them, and 1; 0 where there is none. */
function readEntry(table: usize): i32 {
  bits.refill();
  let entry = <i32>load<u16>(table + ((<usize>(bits.buffer >> (64 - LOOK_BITS))) << 1));
  let length = entry & 15;
  if (length == 0) {
    entry = findLongCode(table, 1, <i32>(bits.buffer >> 48));
    if (entry == 0) return 0;
    length = entry >> 16;
  }
  bits.skip(length);
  const size = (entry >> 4) & 15;
  return (entry & 0xff00) | 1 | (extend(bits.take(size), size) << 16);
}
