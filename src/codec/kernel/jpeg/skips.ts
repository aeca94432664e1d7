/**
 * Skips coefficients that are not needed, several at a time. The next eleven bits select a 16-bit entry for all codes
 * and values that they hold completely:
 *
 *     bits 0-3    length of these codes and values in bits; 0: not even one is complete
 *     bits 4-9    number of coefficients that they stand for, including zeros
 *     bit 15      the last of them is the end of the block
 */
import * as bits from './bits';
import { findCode, LOOK_BITS } from './huffman';

const SKIP_BITS: i32 = 11;
const SKIP_SIZE: i32 = 1 << SKIP_BITS;
const END: i32 = 0x8000;

const tables = memory.data(4 * 2048 * 2, 16);

export function skipsAt(slot: i32): usize {
  return tables + <usize>(slot * SKIP_SIZE * 2);
}

/** Builds the table for the codes of the AC table `codes`. */
export function prepareSkips(codes: usize, skips: usize): void {
  for (let next: i32 = 0; next < SKIP_SIZE; next++) {
    let used: i32 = 0;
    let passed: i32 = 0;
    let end: i32 = 0;
    while (end == 0) {
      const ahead = ((next << used) & (SKIP_SIZE - 1)) >> (SKIP_BITS - LOOK_BITS);
      const entry = <i32>load<u16>(codes + (<usize>ahead << 1));
      const length = entry & 15;
      const taken = used + length + ((entry >> 4) & 15);
      const zeros = entry >> 8;
      if (length == 0 || taken > SKIP_BITS || zeros > 128 || (zeros < 128 && passed + zeros > 62)) break;
      used = taken;
      if (zeros == 128) end = END;
      else passed += zeros + 1;
    }
    store<u16>(skips + (<usize>next << 1), <u16>(end | (passed << 4) | used));
  }
}

/** Skips the coefficients of a sequential block from `at` on. False if they are damaged. */
export function passOver(codes: usize, skips: usize, at: i32): bool {
  let place = bits.place;
  let window = bits.bitsFrom(place);
  while (at <= 63) {
    const next = bits.bitsFrom(place);
    const several = <i32>load<u16>(skips + ((<usize>(window >> (64 - SKIP_BITS))) << 1));
    const until = at + ((several >> 4) & 63);
    let taken = several & 15;
    if (taken != 0 && until <= 63) {
      place += taken;
      if ((several & END) != 0) break;
      at = until;
    } else {
      const entry = findCode(codes, 1, window);
      if (entry == 0) return false;
      const zeros = (entry >> 8) & 255;
      taken = (entry >> 16) + ((entry >> 4) & 15);
      place += taken;
      if (zeros == 128) break;
      at += zeros + 1;
      if (at > 64) return false;
    }
    window = next << taken;
  }
  bits.moveTo(place);
  return true;
}
