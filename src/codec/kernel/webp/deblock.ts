/** Smooths edges between blocks (15): 16 samples along an edge at a time, with four rows of samples to each side. */

/** Strengths for the blocks of 16 by 16 of one kind. */
@unmanaged
export class Strength {
  /** Largest difference across an edge; 0: nothing is smoothed. */
  limit: i32;
  /** Largest difference between samples on one side. */
  inner: i32;
  /** Difference from which an edge of the picture is assumed. */
  sharp: i32;
}

// @ts-ignore: decorator
@inline
function difference(a: v128, b: v128): v128 {
  return v128.or(i8x16.sub_sat_u(a, b), i8x16.sub_sat_u(b, a));
}

// @ts-ignore: decorator
@inline
function isAtMost(values: v128, most: i32): v128 {
  return i8x16.eq(i8x16.sub_sat_u(values, i8x16.splat(<i8>most)), i8x16.splat(0));
}

// @ts-ignore: decorator
@inline
function isSmooth(p1: v128, p0: v128, q0: v128, q1: v128, limit: i32): v128 {
  const across = difference(p0, q0);
  const half = v128.and(i16x8.shr_u(difference(p1, q1), 1), i8x16.splat(127));
  return isAtMost(i8x16.add_sat_u(i8x16.add_sat_u(across, across), half), limit);
}

// @ts-ignore: decorator
@inline
function signed(samples: v128): v128 {
  return v128.xor(samples, i8x16.splat(-128));
}

// @ts-ignore: decorator
@inline
function eighth(change: v128, rounding: i8): v128 {
  return i8x16.shr_s(i8x16.add_sat_s(change, i8x16.splat(rounding)), 3);
}

/** Smooths two samples at each edge: `at` is the first row behind it, `step` the distance of rows. */
export function smoothSimply(at: usize, step: usize, limit: i32): void {
  const p1 = v128.load(at - step * 2);
  const p0 = v128.load(at - step);
  const q0 = v128.load(at);
  const q1 = v128.load(at + step);
  const mask = isSmooth(p1, p0, q0, q1, limit);
  const gap = i8x16.sub_sat_s(signed(q0), signed(p0));
  const sides = i8x16.sub_sat_s(signed(p1), signed(q1));
  const change = v128.and(i8x16.add_sat_s(i8x16.add_sat_s(i8x16.add_sat_s(sides, gap), gap), gap), mask);
  v128.store(at, signed(i8x16.sub_sat_s(signed(q0), eighth(change, 4))));
  v128.store(at - step, signed(i8x16.add_sat_s(signed(p0), eighth(change, 3))));
}

/** Smooths up to six samples at an edge between blocks of 16 by 16 (`isOuter`), or four at one inside. */
export function smooth(at: usize, step: usize, limit: i32, inner: i32, sharp: i32, isOuter: bool): void {
  const p3 = v128.load(at - step * 4);
  const p2 = v128.load(at - step * 3);
  const p1 = v128.load(at - step * 2);
  const p0 = v128.load(at - step);
  const q0 = v128.load(at);
  const q1 = v128.load(at + step);
  const q2 = v128.load(at + step * 2);
  const q3 = v128.load(at + step * 3);
  const near = i8x16.max_u(difference(p1, p0), difference(q1, q0));
  const far = i8x16.max_u(
    i8x16.max_u(difference(p3, p2), difference(p2, p1)),
    i8x16.max_u(difference(q3, q2), difference(q2, q1)),
  );
  const mask = v128.and(isSmooth(p1, p0, q0, q1, limit), isAtMost(i8x16.max_u(near, far), inner));
  if (!v128.any_true(mask)) return;
  const isSoft = isAtMost(near, sharp);
  const before = signed(p0);
  const behind = signed(q0);
  const gap = i8x16.sub_sat_s(behind, before);
  let sides = i8x16.sub_sat_s(signed(p1), signed(q1));
  if (!isOuter) sides = v128.andnot(sides, isSoft);
  const change = v128.and(i8x16.add_sat_s(i8x16.add_sat_s(i8x16.add_sat_s(sides, gap), gap), gap), mask);
  if (isOuter) {
    const few = v128.andnot(change, isSoft);
    const p = i8x16.add_sat_s(before, eighth(few, 3));
    const q = i8x16.sub_sat_s(behind, eighth(few, 4));
    const many = v128.and(change, isSoft);
    const low = i16x8.mul(i16x8.extend_low_i8x16_s(many), i16x8.splat(9));
    const high = i16x8.mul(i16x8.extend_high_i8x16_s(many), i16x8.splat(9));
    let lows = i16x8.add(low, i16x8.splat(63));
    let highs = i16x8.add(high, i16x8.splat(63));
    moveBoth(at - step * 3, at + step * 2, signed(p2), signed(q2), lows, highs);
    lows = i16x8.add(lows, low);
    highs = i16x8.add(highs, high);
    moveBoth(at - step * 2, at + step, signed(p1), signed(q1), lows, highs);
    lows = i16x8.add(lows, low);
    highs = i16x8.add(highs, high);
    moveBoth(at - step, at, p, q, lows, highs);
  } else {
    const most = eighth(change, 4);
    v128.store(at, signed(i8x16.sub_sat_s(behind, most)));
    v128.store(at - step, signed(i8x16.add_sat_s(before, eighth(change, 3))));
    const half = v128.and(i8x16.shr_s(i8x16.add(most, i8x16.splat(1)), 1), isSoft);
    v128.store(at + step, signed(i8x16.sub_sat_s(signed(q1), half)));
    v128.store(at - step * 2, signed(i8x16.add_sat_s(signed(p1), half)));
  }
}

// @ts-ignore: decorator
@inline
function moveBoth(toP: usize, toQ: usize, p: v128, q: v128, lows: v128, highs: v128): void {
  const change = i8x16.narrow_i16x8_s(i16x8.shr_s(lows, 7), i16x8.shr_s(highs, 7));
  v128.store(toP, signed(i8x16.add_sat_s(p, change)));
  v128.store(toQ, signed(i8x16.sub_sat_s(q, change)));
}
