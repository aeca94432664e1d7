import { component, ZIGZAG } from '../planes/component';
import { RECIPROCAL_BITS, transformForward } from './fdct';

/** Code and length for each symbol: the length in the low byte, the code above it. Two tables for each kind. */
const codes = memory.data(4 * 256 * 4, 16);
const block = memory.data(128, 16);
const reciprocals = memory.data(2 * 64 * 2, 16);

let buffer: u64 = 0;
let free: i32 = 64;
let out: usize = 0;

/** Builds a table from 16 counts of codes by length and their symbols. `kind` is 0 for DC, 1 for AC. */
export function setEncoderTable(kind: i32, slot: i32, spec: usize): void {
  const table = codes + <usize>(kind * 2 + slot) * 1024;
  let code: i32 = 0;
  let place: usize = spec + 16;
  for (let length: i32 = 1; length <= 16; length++) {
    for (let index: i32 = <i32>load<u8>(spec + length - 1); index > 0; index--) {
      store<i32>(table + (<usize>load<u8>(place++) << 2), (code++ << 8) | length);
    }
    code <<= 1;
  }
}

/** Sets the quantisation values: 64 bytes in zigzag order, as the file stores them. */
export function setEncoderQuantisation(slot: i32, spec: usize): void {
  for (let index: usize = 0; index < 64; index++) {
    const place = <usize>load<u8>(ZIGZAG + index);
    const divisor = <i32>load<u8>(spec + index) << 3;
    const reciprocal = ((1 << RECIPROCAL_BITS) + (divisor >> 1)) / divisor;
    store<i16>(reciprocals + <usize>slot * 128 + (place << 1), <i16>reciprocal);
  }
}

/**
 * Writes the entropy code of an image to `to`, which has room for 512 bytes per block.
 *
 * @param y luma as `resample` writes it, in whole MCUs: 16 by 16 samples with chroma of half that size, 8 by 8 without
 * @returns the end of the written bytes
 */
export function encodeScan(
  y: usize, cb: usize, cr: usize, stride: i32, chromaStride: i32, across: i32, down: i32, to: usize,
): usize {
  buffer = 0;
  free = 64;
  out = to;
  let lastY: i32 = 0;
  let lastCb: i32 = 0;
  let lastCr: i32 = 0;
  const gray = cb == 0;
  for (let row: i32 = 0; row < down; row++) {
    for (let column: i32 = 0; column < across; column++) {
      if (gray) {
        lastY = encodeBlock(y + (<usize>(row * 8 * stride + column * 8) << 1), stride, 0, lastY);
        continue;
      }
      const at = y + (<usize>(row * 16 * stride + column * 16) << 1);
      lastY = encodeBlock(at, stride, 0, lastY);
      lastY = encodeBlock(at + 16, stride, 0, lastY);
      lastY = encodeBlock(at + <usize>(16 * stride), stride, 0, lastY);
      lastY = encodeBlock(at + <usize>(16 * stride + 16), stride, 0, lastY);
      const chroma = <usize>(row * 8 * chromaStride + column * 8) << 1;
      lastCb = encodeBlock(cb + chroma, chromaStride, 1, lastCb);
      lastCr = encodeBlock(cr + chroma, chromaStride, 1, lastCr);
    }
  }
  finish();
  return out;
}

function encodeBlock(from: usize, stride: i32, slot: i32, lastDc: i32): i32 {
  let rest = transformForward(from, stride, reciprocals + <usize>slot * 128, block);
  const dcTable = codes + <usize>slot * 1024;
  const acTable = codes + <usize>(2 + slot) * 1024;
  const dc = <i32>load<i16>(block);
  const difference = dc - lastDc;
  const size = sizeOf(difference);
  put(load<i32>(dcTable + (<usize>size << 2)), difference, size);
  let at: i32 = 0;
  rest &= ~1;
  while (rest != 0) {
    const next = <i32>ctz(rest);
    rest &= rest - 1;
    let run = next - at - 1;
    at = next;
    while (run > 15) {
      put(load<i32>(acTable + (0xf0 << 2)), 0, 0);
      run -= 16;
    }
    const value = <i32>load<i16>(block + (<usize>load<u8>(ZIGZAG + <usize>next) << 1));
    const bits = sizeOf(value);
    put(load<i32>(acTable + (<usize>((run << 4) | bits) << 2)), value, bits);
  }
  if (at < 63) put(load<i32>(acTable), 0, 0);
  return dc;
}

/** Number of bits in the magnitude of a value. */
// @ts-ignore: decorator
@inline
function sizeOf(value: i32): i32 {
  const sign = value >> 31;
  return 32 - <i32>clz((value ^ sign) - sign);
}

/** Appends a code and the `size` bits of a value. Negative values are written as value - 1. */
// @ts-ignore: decorator
@inline
function put(code: i32, value: i32, size: i32): void {
  const length = (code & 255) + size;
  const bits = <u64>(((code >> 8) << size) | ((value + (value >> 31)) & ((1 << size) - 1)));
  free -= length;
  if (free >= 0) {
    buffer |= bits << free;
    return;
  }
  const spill = -free;
  write(buffer | (bits >> spill));
  free += 64;
  buffer = bits << free;
}

/** Writes eight bytes, with a zero after each byte that is 255. */
function write(bytes: u64): void {
  const swapped = bswap<u64>(bytes);
  // The top bits show whether any byte is 255.
  if ((bytes & 0x8080808080808080 & ~(bytes + 0x0101010101010101)) == 0) {
    store<u64>(out, swapped);
    out += 8;
    return;
  }
  for (let shift: i32 = 56; shift >= 0; shift -= 8) writeByte(<u8>(bytes >> shift));
}

function writeByte(byte: u8): void {
  store<u8>(out++, byte);
  if (byte == 255) store<u8>(out++, 0);
}

/** Pads the last byte with ones. */
function finish(): void {
  const used = 64 - free;
  const whole = (used + 7) >> 3;
  const filled = free == 0 ? buffer : buffer | (<u64>-1 >> used);
  for (let index: i32 = 0; index < whole; index++) writeByte(<u8>(filled >> (56 - (index << 3))));
}

/** Address of a component's samples. */
export function planeOf(index: i32): usize {
  return component(index).plane;
}

export function strideOf(index: i32): i32 {
  return component(index).stride;
}
