/** Sums of the products of two samples and two constants with 13 fractional bits. */
// @ts-ignore: decorator
@inline
export function low(a: v128, b: v128, factors: v128): v128 {
  return i32x4.dot_i16x8_s(v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11), factors);
}

// @ts-ignore: decorator
@inline
export function high(a: v128, b: v128, factors: v128): v128 {
  return i32x4.dot_i16x8_s(v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15), factors);
}

// @ts-ignore: decorator
@inline
export function pair(first: i16, second: i16): v128 {
  return i16x8(first, second, first, second, first, second, first, second);
}

// @ts-ignore: decorator
@inline
export function descale(low: v128, high: v128, half: v128, bits: i32): v128 {
  return i16x8.narrow_i32x4_s(i32x4.shr_s(i32x4.add(low, half), bits), i32x4.shr_s(i32x4.add(high, half), bits));
}

// @ts-ignore: decorator
@inline
function lowHalves(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

// @ts-ignore: decorator
@inline
function highHalves(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

// @ts-ignore: decorator
@inline
function lowPairs(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 4, 1, 5);
}

// @ts-ignore: decorator
@inline
function highPairs(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 2, 6, 3, 7);
}

/** Exchanges rows and columns of 8 by 8 values of 16 bits; `step` is the distance of the stored rows in bytes. */
// @ts-ignore: decorator
@inline
export function storeTransposed(
  r0: v128, r1: v128, r2: v128, r3: v128, r4: v128, r5: v128, r6: v128, r7: v128, to: usize, step: usize,
): void {
  const a0 = lowHalves(r0, r1);
  const a1 = highHalves(r0, r1);
  const a2 = lowHalves(r2, r3);
  const a3 = highHalves(r2, r3);
  const a4 = lowHalves(r4, r5);
  const a5 = highHalves(r4, r5);
  const a6 = lowHalves(r6, r7);
  const a7 = highHalves(r6, r7);
  const b0 = lowPairs(a0, a2);
  const b1 = highPairs(a0, a2);
  const b2 = lowPairs(a1, a3);
  const b3 = highPairs(a1, a3);
  const b4 = lowPairs(a4, a6);
  const b5 = highPairs(a4, a6);
  const b6 = lowPairs(a5, a7);
  const b7 = highPairs(a5, a7);
  v128.store(to, v128.shuffle<i64>(b0, b4, 0, 2));
  v128.store(to + step, v128.shuffle<i64>(b0, b4, 1, 3));
  v128.store(to + step * 2, v128.shuffle<i64>(b1, b5, 0, 2));
  v128.store(to + step * 3, v128.shuffle<i64>(b1, b5, 1, 3));
  v128.store(to + step * 4, v128.shuffle<i64>(b2, b6, 0, 2));
  v128.store(to + step * 5, v128.shuffle<i64>(b2, b6, 1, 3));
  v128.store(to + step * 6, v128.shuffle<i64>(b3, b7, 0, 2));
  v128.store(to + step * 7, v128.shuffle<i64>(b3, b7, 1, 3));
}
