import { descale, high, low, pair, storeTransposed } from '../planes/vectors';

// @ts-ignore: decorator
@inline
function scaled(a: v128): v128 {
  return i32x4.shl(i32x4.extend_low_i16x8_s(a), 13);
}

// @ts-ignore: decorator
@inline
function scaledHigh(a: v128): v128 {
  return i32x4.shl(i32x4.extend_high_i16x8_s(a), 13);
}

/**
 * One pass of the accurate integer transform (Loeffler, Ligtenberg and Moschytz) down eight columns, rounded as the
 * Independent JPEG Group's implementation does. The result is transposed.
 */
// @ts-ignore: decorator
@inline
function inversePass(
  i0: v128, i1: v128, i2: v128, i3: v128, i4: v128, i5: v128, i6: v128, i7: v128, bits: i32, to: usize,
): void {
  const half = i32x4.splat(1 << (bits - 1));
  const F26 = pair(4433, 4433 - 15137);
  const F26b = pair(4433 + 6270, 4433);
  const e2l = low(i2, i6, F26);
  const e2h = high(i2, i6, F26);
  const e3l = low(i2, i6, F26b);
  const e3h = high(i2, i6, F26b);
  const sum = i16x8.add(i0, i4);
  const difference = i16x8.sub(i0, i4);
  const e0l = scaled(sum);
  const e0h = scaledHigh(sum);
  const e1l = scaled(difference);
  const e1h = scaledHigh(difference);
  const t0l = i32x4.add(e0l, e3l);
  const t0h = i32x4.add(e0h, e3h);
  const t3l = i32x4.sub(e0l, e3l);
  const t3h = i32x4.sub(e0h, e3h);
  const t1l = i32x4.add(e1l, e2l);
  const t1h = i32x4.add(e1h, e2h);
  const t2l = i32x4.sub(e1l, e2l);
  const t2h = i32x4.sub(e1h, e2h);

  const z3 = i16x8.add(i3, i7);
  const z4 = i16x8.add(i1, i5);
  const Z3 = pair(9633 - 16069, 9633);
  const Z4 = pair(9633, 9633 - 3196);
  const z3l = low(z3, z4, Z3);
  const z3h = high(z3, z4, Z3);
  const z4l = low(z3, z4, Z4);
  const z4h = high(z3, z4, Z4);
  const C71 = pair(2446 - 7373, -7373);
  const C17 = pair(-7373, 12299 - 7373);
  const C53 = pair(16819 - 20995, -20995);
  const C35 = pair(-20995, 25172 - 20995);
  const o0l = i32x4.add(low(i7, i1, C71), z3l);
  const o0h = i32x4.add(high(i7, i1, C71), z3h);
  const o3l = i32x4.add(low(i7, i1, C17), z4l);
  const o3h = i32x4.add(high(i7, i1, C17), z4h);
  const o1l = i32x4.add(low(i5, i3, C53), z4l);
  const o1h = i32x4.add(high(i5, i3, C53), z4h);
  const o2l = i32x4.add(low(i5, i3, C35), z3l);
  const o2h = i32x4.add(high(i5, i3, C35), z3h);

  const r0 = descale(i32x4.add(t0l, o3l), i32x4.add(t0h, o3h), half, bits);
  const r7 = descale(i32x4.sub(t0l, o3l), i32x4.sub(t0h, o3h), half, bits);
  const r1 = descale(i32x4.add(t1l, o2l), i32x4.add(t1h, o2h), half, bits);
  const r6 = descale(i32x4.sub(t1l, o2l), i32x4.sub(t1h, o2h), half, bits);
  const r2 = descale(i32x4.add(t2l, o1l), i32x4.add(t2h, o1h), half, bits);
  const r5 = descale(i32x4.sub(t2l, o1l), i32x4.sub(t2h, o1h), half, bits);
  const r3 = descale(i32x4.add(t3l, o0l), i32x4.add(t3h, o0h), half, bits);
  const r4 = descale(i32x4.sub(t3l, o0l), i32x4.sub(t3h, o0h), half, bits);
  storeTransposed(r0, r1, r2, r3, r4, r5, r6, r7, to, 16);
}

const scratch = memory.data(256, 16);

/** Transforms the coefficients of a block into 8 by 8 samples around 0, 16 bits each, in `scratch`'s second half. */
// @ts-ignore: decorator
@inline
function transform(block: usize, quantisation: usize): void {
  inversePass(
    i16x8.mul(v128.load(block), v128.load(quantisation)),
    i16x8.mul(v128.load(block, 16), v128.load(quantisation, 16)),
    i16x8.mul(v128.load(block, 32), v128.load(quantisation, 32)),
    i16x8.mul(v128.load(block, 48), v128.load(quantisation, 48)),
    i16x8.mul(v128.load(block, 64), v128.load(quantisation, 64)),
    i16x8.mul(v128.load(block, 80), v128.load(quantisation, 80)),
    i16x8.mul(v128.load(block, 96), v128.load(quantisation, 96)),
    i16x8.mul(v128.load(block, 112), v128.load(quantisation, 112)),
    11,
    scratch,
  );
  inversePass(
    v128.load(scratch),
    v128.load(scratch, 16),
    v128.load(scratch, 32),
    v128.load(scratch, 48),
    v128.load(scratch, 64),
    v128.load(scratch, 80),
    v128.load(scratch, 96),
    v128.load(scratch, 112),
    18,
    scratch + 128,
  );
}

/** Transforms the coefficients of a block into 8 by 8 samples at `to`. */
export function transform8(block: usize, quantisation: usize, to: usize, stride: i32): void {
  transform(block, quantisation);
  const middle = i8x16.splat(-128);
  for (let row: usize = 0; row < 8; row += 2) {
    const from = scratch + 128 + row * 16;
    const samples = v128.xor(i8x16.narrow_i16x8_s(v128.load(from), v128.load(from, 16)), middle);
    const at = to + row * stride;
    v128.store64_lane(at, samples, 0);
    v128.store64_lane(at + stride, samples, 1);
  }
}

/** The last coefficient in zigzag order that `transform2` uses. */
export const LAST_OF_QUARTER: i32 = 4;

/**
 * The same at a quarter of the size: each sample is the mean of 4 by 4, computed from the lowest cosines only. The
 * others only move brightness from side to side within the block, and nothing measurable of that is left once the image
 * is halved again; but they are most of the data to read.
 */
export function transform2(block: usize, quantisation: usize, to: usize, stride: i32): void {
  const mean = coefficient(block, quantisation, 0) * 1024 + (128 << 13) + (1 << 12);
  const across = coefficient(block, quantisation, 1) * 928;
  const down = coefficient(block, quantisation, 8) * 928;
  const both = coefficient(block, quantisation, 9) * 841;
  const left = i32x4.add(i32x4.splat(mean), i32x4(across, -across, across, -across));
  const top = i32x4.add(left, i32x4(down, down, -down, -down));
  const means = i32x4.shr_s(i32x4.add(top, i32x4(both, -both, -both, both)), 13);
  const words = i16x8.narrow_i32x4_s(means, means);
  const samples = i8x16.narrow_i16x8_u(words, words);
  v128.store16_lane(to, samples, 0);
  v128.store16_lane(to + stride, samples, 1);
}

// @ts-ignore: decorator
@inline
function coefficient(block: usize, quantisation: usize, place: usize): i32 {
  return <i32><i16>(<i32>load<i16>(block + (place << 1)) * <i32>load<i16>(quantisation + (place << 1)));
}
