import { ZIGZAG } from '../planes/component';
import { descale, high, low, pair, storeTransposed } from '../planes/vectors';

/**
 * One pass of the accurate integer transform, the inverse of `inversePass`: the first with `bits` 13, the second with
 * 15. The first pass stores its result transposed.
 */
// @ts-ignore: decorator
@inline
function forwardPass(
  d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, d6: v128, d7: v128, bits: i32, to: usize,
): void {
  const half = i32x4.splat(1 << (bits - 1));
  const t0 = i16x8.add(d0, d7);
  const t7 = i16x8.sub(d0, d7);
  const t1 = i16x8.add(d1, d6);
  const t6 = i16x8.sub(d1, d6);
  const t2 = i16x8.add(d2, d5);
  const t5 = i16x8.sub(d2, d5);
  const t3 = i16x8.add(d3, d4);
  const t4 = i16x8.sub(d3, d4);
  const e0 = i16x8.add(t0, t3);
  const e3 = i16x8.sub(t0, t3);
  const e1 = i16x8.add(t1, t2);
  const e2 = i16x8.sub(t1, t2);
  let r0 = i16x8.add(e0, e1);
  let r4 = i16x8.sub(e0, e1);
  if (bits == 15) {
    const two = i16x8.splat(2);
    r0 = i16x8.shr_s(i16x8.add(r0, two), 2);
    r4 = i16x8.shr_s(i16x8.add(r4, two), 2);
  }
  const C2 = pair(4433, 4433 + 6270);
  const C6 = pair(4433 - 15137, 4433);
  const r2 = descale(low(e2, e3, C2), high(e2, e3, C2), half, bits);
  const r6 = descale(low(e2, e3, C6), high(e2, e3, C6), half, bits);
  const z3 = i16x8.add(t4, t6);
  const z4 = i16x8.add(t5, t7);
  const Z3 = pair(9633 - 16069, 9633);
  const Z4 = pair(9633, 9633 - 3196);
  const z3l = low(z3, z4, Z3);
  const z3h = high(z3, z4, Z3);
  const z4l = low(z3, z4, Z4);
  const z4h = high(z3, z4, Z4);
  const C7 = pair(2446 - 7373, -7373);
  const C1 = pair(-7373, 12299 - 7373);
  const C5 = pair(16819 - 20995, -20995);
  const C3 = pair(-20995, 25172 - 20995);
  const r7 = descale(i32x4.add(low(t4, t7, C7), z3l), i32x4.add(high(t4, t7, C7), z3h), half, bits);
  const r1 = descale(i32x4.add(low(t4, t7, C1), z4l), i32x4.add(high(t4, t7, C1), z4h), half, bits);
  const r5 = descale(i32x4.add(low(t5, t6, C5), z4l), i32x4.add(high(t5, t6, C5), z4h), half, bits);
  const r3 = descale(i32x4.add(low(t5, t6, C3), z3l), i32x4.add(high(t5, t6, C3), z3h), half, bits);
  if (bits == 13) storeTransposed(r0, r1, r2, r3, r4, r5, r6, r7, to, 16);
  else store8(r0, r1, r2, r3, r4, r5, r6, r7, to);
}

// @ts-ignore: decorator
@inline
function store8(r0: v128, r1: v128, r2: v128, r3: v128, r4: v128, r5: v128, r6: v128, r7: v128, to: usize): void {
  v128.store(to, r0);
  v128.store(to, r1, 16);
  v128.store(to, r2, 32);
  v128.store(to, r3, 48);
  v128.store(to, r4, 64);
  v128.store(to, r5, 80);
  v128.store(to, r6, 96);
  v128.store(to, r7, 112);
}

const scratch = memory.data(256, 16);

/** Fractional bits of the reciprocals below. */
export const RECIPROCAL_BITS: i32 = 17;

/**
 * Transforms 8 by 8 samples, as `resample` writes them, into quantised coefficients in natural order at `to`.
 *
 * @param reciprocals of the quantisation times eight, in natural order, 16 bits each
 * @returns a bit mask of the coefficients that are not zero, in zigzag order
 */
export function transformForward(from: usize, stride: i32, reciprocals: usize, to: usize): u64 {
  const line = <usize>stride << 1;
  const four = from + line * 4;
  // The first pass works along rows but takes columns, so the samples are transposed first.
  storeTransposed(
    v128.load(from), v128.load(from + line), v128.load(from + line * 2), v128.load(from + line * 3),
    v128.load(four), v128.load(four + line), v128.load(four + line * 2), v128.load(four + line * 3),
    scratch,
    16,
  );
  forwardPass(
    v128.load(scratch), v128.load(scratch, 16), v128.load(scratch, 32), v128.load(scratch, 48),
    v128.load(scratch, 64), v128.load(scratch, 80), v128.load(scratch, 96), v128.load(scratch, 112),
    13, scratch + 128,
  );
  forwardPass(
    v128.load(scratch, 128), v128.load(scratch, 144), v128.load(scratch, 160), v128.load(scratch, 176),
    v128.load(scratch, 192), v128.load(scratch, 208), v128.load(scratch, 224), v128.load(scratch, 240),
    15, to,
  );
  const half = i32x4.splat(1 << (RECIPROCAL_BITS - 1));
  for (let at: usize = 0; at < 128; at += 16) {
    const values = v128.load(to + at);
    const factors = v128.load(reciprocals + at);
    const low = i32x4.add(i32x4.extmul_low_i16x8_s(values, factors), half);
    const high = i32x4.add(i32x4.extmul_high_i16x8_s(values, factors), half);
    v128.store(to + at, i16x8.narrow_i32x4_s(i32x4.shr_s(low, RECIPROCAL_BITS), i32x4.shr_s(high, RECIPROCAL_BITS)));
  }
  return markInZigzag(to);
}

/** For each 16 places in zigzag order and each 16 in natural order: which of the latter go where; 255 for none. */
const places = memory.data(256, 16);

memory.fill(places, 255, 256);
for (let index: usize = 0; index < 64; index++) {
  const natural = <usize>load<u8>(ZIGZAG + index);
  store<u8>(places + ((index >> 4) << 6) + ((natural >> 4) << 4) + (index & 15), <u8>(natural & 15));
}

/** A bit mask of the coefficients that are not zero. */
// @ts-ignore: decorator
@inline
function markInZigzag(block: usize): u64 {
  const a = i8x16.narrow_i16x8_s(v128.load(block), v128.load(block, 16));
  const b = i8x16.narrow_i16x8_s(v128.load(block, 32), v128.load(block, 48));
  const c = i8x16.narrow_i16x8_s(v128.load(block, 64), v128.load(block, 80));
  const d = i8x16.narrow_i16x8_s(v128.load(block, 96), v128.load(block, 112));
  let mask: u64 = 0;
  for (let part: usize = 0; part < 4; part++) {
    const at = places + part * 64;
    const values = v128.or(
      v128.or(v128.swizzle(a, v128.load(at)), v128.swizzle(b, v128.load(at, 16))),
      v128.or(v128.swizzle(c, v128.load(at, 32)), v128.swizzle(d, v128.load(at, 48))),
    );
    mask |= <u64>(<u32>i8x16.bitmask(i8x16.ne(values, i8x16.splat(0)))) << (part * 16);
  }
  return mask;
}
