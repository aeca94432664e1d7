/**
 * Coefficients that nobody asks for are passed over several at a time. The next eleven bits find an entry of 16 bits for
 * all codes and values that are whole in them:
 *
 *     bits 0-3    bits of them; 0: not even one is
 *     bits 4-9    coefficients that they stand for, zeros among them
 *     bit 15      the end of the block is the last of them
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

/** Builds the table for what the AC table `codes` can read. */
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

/** Passes over the coefficients of a sequential block from `at` on; false where they are damaged. */
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
