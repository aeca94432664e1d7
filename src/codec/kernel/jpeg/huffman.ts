/**
 * Huffman tables for decoding. The next ten bits select a 16-bit entry:
 *
 *     bits 0-3    length of the code in bits; 0: it is longer than ten bits
 *     bits 4-7    length in bits of the value that follows it
 *     bits 8-15   number of zeros before the value; 128 + n: the end of 2^n blocks
 *
 * Entries hold no values, not even short ones: the processor could not predict which entries have one, and a wrong
 * guess costs more than reading every value the same way. After the entries comes the data for codes of 11 to 16 bits:
 * for each length the first code beyond it, left-aligned in 16 bits, and the difference between codes and indexes of
 * symbols; then the symbols.
 */
export const LOOK_BITS: i32 = 10;
const LOOK_SIZE: i32 = 1 << LOOK_BITS;
const LIMITS: usize = <usize>LOOK_SIZE * 2;
const OFFSETS: usize = LIMITS + 17 * 4;
const SYMBOLS: usize = OFFSETS + 17 * 4;
const TABLE_BYTES: usize = SYMBOLS + 256;

const SLOTS: i32 = 4;
const tables = memory.data(2 * 4 * (1024 * 2 + 17 * 8 + 256), 16);

/** @param kind 0 for DC, 1 for AC */
export function tableAt(kind: i32, slot: i32): usize {
  return tables + <usize>(kind * SLOTS + slot) * TABLE_BYTES;
}

/**
 * Builds a table from the 16 counts and their symbols at `spec`. False if libjpeg would refuse it: no code consists of
 * ones alone, and a DC value has at most 15 bits.
 */
export function setHuffmanTable(kind: i32, slot: i32, spec: usize): bool {
  const table = tableAt(kind, slot);
  memory.fill(table, 0, LIMITS);
  let code: i32 = 0;
  let place: i32 = 0;
  for (let length: i32 = 1; length <= 16; length++) {
    const count = <i32>load<u8>(spec + length - 1);
    if (place + count > 256 || code + count >= 1 << length) return false;
    store<i32>(table + OFFSETS + length * 4, place - code);
    for (let index: i32 = 0; index < count; index++) {
      const symbol = load<u8>(spec + 16 + place);
      if (kind == 0 && symbol > 15) return false;
      store<u8>(table + SYMBOLS + place, symbol);
      if (length <= LOOK_BITS) fillCode(table, kind, code, length, symbol);
      code++;
      place++;
    }
    store<i32>(table + LIMITS + length * 4, code << (16 - length));
    code <<= 1;
  }
  return true;
}

/** Enters a code once for every combination of bits that may follow it. */
function fillCode(table: usize, kind: i32, code: i32, length: i32, symbol: i32): void {
  const spare = LOOK_BITS - length;
  const entry = (zerosBefore(kind, symbol) << 8) | ((symbol & 15) << 4) | length;
  for (let rest: i32 = 0; rest < 1 << spare; rest++) store<u16>(table + (((code << spare) + rest) << 1), <u16>entry);
}

function zerosBefore(kind: i32, symbol: i32): i32 {
  if (kind == 0) return 0;
  const run = symbol >> 4;
  return (symbol & 15) == 0 && run < 15 ? 128 + run : run;
}

/** The entry of the next code, with the code's length from bit 16 on; 0 if there is none. `kind` is as above. */
// @ts-ignore: decorator
@inline
export function findCode(table: usize, kind: i32, window: u64): i32 {
  const entry = <i32>load<u16>(table + ((<usize>(window >> (64 - LOOK_BITS))) << 1));
  const length = entry & 15;
  return length == 0 ? findLongCode(table, kind, <i32>(window >> 48)) : (length << 16) | entry;
}

/** The same for a code of 11 bits or more. */
export function findLongCode(table: usize, kind: i32, bits16: i32): i32 {
  for (let length: i32 = LOOK_BITS + 1; length <= 16; length++) {
    if (bits16 < load<i32>(table + LIMITS + length * 4)) {
      const place = (bits16 >> (16 - length)) + load<i32>(table + OFFSETS + length * 4);
      const symbol = <i32>load<u8>(table + SYMBOLS + place);
      return (length << 16) | (zerosBefore(kind, symbol) << 8) | ((symbol & 15) << 4);
    }
  }
  return 0;
}

/** The value that the `size` bits in `bits` encode. */
// @ts-ignore: decorator
@inline
export function extend(bits: i32, size: i32): i32 {
  return bits + ((((bits << 1) >> size) - 1) & (1 - (1 << size)));
}
