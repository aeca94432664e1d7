/** Products with 16 fractional bits, cut off. */
// @ts-ignore: decorator
@inline
function times(values: v128, factor: i16): v128 {
  const factors = i16x8.splat(factor);
  const low = i32x4.extmul_low_i16x8_s(values, factors);
  const high = i32x4.extmul_high_i16x8_s(values, factors);
  return v128.shuffle<i16>(low, high, 1, 3, 5, 7, 9, 11, 13, 15);
}

/** The sums of one pass (14.3): the odd values weighted, the upper half for the outer results. */
// @ts-ignore: decorator
@inline
function weigh(odd: v128): v128 {
  // 1.3066 and 0.5412 are 1 + 20091 / 65536 and 1 - 30068 / 65536.
  const more = i16x8.add(times(odd, 20091), odd);
  const less = i16x8.add(times(odd, -30068), odd);
  const outer = i16x8.add(more, v128.shuffle<i64>(less, less, 1, 0));
  const inner = i16x8.sub(less, v128.shuffle<i64>(more, more, 1, 0));
  return v128.shuffle<i64>(outer, inner, 0, 2);
}

/** The sum and the difference of the even values. */
// @ts-ignore: decorator
@inline
function combine(even: v128): v128 {
  const first = v128.shuffle<i64>(even, even, 0, 0);
  const second = v128.shuffle<i64>(even, even, 1, 1);
  return v128.shuffle<i64>(i16x8.add(first, second), i16x8.sub(first, second), 0, 3);
}

/** Adds the transform of a block's coefficients, 16 bits each, to 4 by 4 samples. */
export function addTransform(block: usize, at: usize, stride: usize): void {
  const top = v128.load(block);
  const bottom = v128.load(block, 16);
  let evens = combine(v128.shuffle<i64>(top, bottom, 0, 2));
  let odds = weigh(v128.shuffle<i64>(top, bottom, 1, 3));
  let sums = i16x8.add(evens, odds);
  let differences = i16x8.sub(evens, odds);
  const even = v128.shuffle<i16>(sums, differences, 0, 4, 12, 8, 2, 6, 14, 10);
  evens = combine(i16x8.add(even, i16x8(4, 4, 4, 4, 0, 0, 0, 0)));
  odds = weigh(v128.shuffle<i16>(sums, differences, 1, 5, 13, 9, 3, 7, 15, 11));
  sums = i16x8.shr_s(i16x8.add(evens, odds), 3);
  differences = i16x8.shr_s(i16x8.sub(evens, odds), 3);
  addRows(
    v128.shuffle<i16>(sums, differences, 0, 4, 12, 8, 1, 5, 13, 9),
    v128.shuffle<i16>(sums, differences, 2, 6, 14, 10, 3, 7, 15, 11),
    at, stride,
  );
}

/**
 * The same if only the first coefficient and those next to it are not zero: in 32 bits, as libwebp does it, which makes
 * a difference where damaged coefficients are too large for 16.
 */
export function addLowest(block: usize, at: usize, stride: usize): void {
  const right = <i32>load<i16>(block, 2);
  const below = <i32>load<i16>(block, 8);
  const outer = ((right * 20091) >> 16) + right;
  const inner = (right * 35468) >> 16;
  const line = i32x4.add(i32x4.splat(<i32>load<i16>(block) + 4), i32x4(outer, inner, -inner, -outer));
  const far = i32x4.splat(((below * 20091) >> 16) + below);
  const near = i32x4.splat((below * 35468) >> 16);
  addRows(
    i16x8.narrow_i32x4_s(i32x4.shr_s(i32x4.add(line, far), 3), i32x4.shr_s(i32x4.add(line, near), 3)),
    i16x8.narrow_i32x4_s(i32x4.shr_s(i32x4.sub(line, near), 3), i32x4.shr_s(i32x4.sub(line, far), 3)),
    at, stride,
  );
}

/** The same if only the first coefficient is not zero. */
export function addMean(mean: i32, at: usize, stride: usize): void {
  const change = i16x8.splat(<i16>((mean + 4) >> 3));
  addRows(change, change, at, stride);
}

// @ts-ignore: decorator
@inline
function addRows(upper: v128, lower: v128, at: usize, stride: usize): void {
  const third = at + stride * 2;
  const rows01 = v128.load32_lane(at + stride, v128.load32_zero(at), 1);
  const rows23 = v128.load32_lane(third + stride, v128.load32_zero(third), 1);
  const samples = i8x16.narrow_i16x8_u(
    i16x8.add(i16x8.extend_low_i8x16_u(rows01), upper),
    i16x8.add(i16x8.extend_low_i8x16_u(rows23), lower),
  );
  v128.store32_lane(at, samples, 0);
  v128.store32_lane(at + stride, samples, 1);
  v128.store32_lane(third, samples, 2);
  v128.store32_lane(third + stride, samples, 3);
}

/** Turns the 16 means at `means` into the first coefficients of 16 blocks (14.3). */
export function spreadMeans(means: usize, blocks: usize): void {
  for (let index: usize = 0; index < 4; index++) {
    const at = means + index * 2;
    const outer = <i32>load<i16>(at) + <i32>load<i16>(at, 24);
    const inner = <i32>load<i16>(at, 8) + <i32>load<i16>(at, 16);
    const innerDifference = <i32>load<i16>(at, 8) - <i32>load<i16>(at, 16);
    const outerDifference = <i32>load<i16>(at) - <i32>load<i16>(at, 24);
    store<i32>(lines + index * 4, outer + inner);
    store<i32>(lines + index * 4, outerDifference + innerDifference, 16);
    store<i32>(lines + index * 4, outer - inner, 32);
    store<i32>(lines + index * 4, outerDifference - innerDifference, 48);
  }
  for (let index: usize = 0; index < 4; index++) {
    const at = lines + index * 16;
    const rounded = load<i32>(at) + 3;
    const outer = rounded + load<i32>(at, 12);
    const inner = load<i32>(at, 4) + load<i32>(at, 8);
    const innerDifference = load<i32>(at, 4) - load<i32>(at, 8);
    const outerDifference = rounded - load<i32>(at, 12);
    const to = blocks + index * 128;
    store<i16>(to, <i16>((outer + inner) >> 3));
    store<i16>(to, <i16>((outerDifference + innerDifference) >> 3), 32);
    store<i16>(to, <i16>((outer - inner) >> 3), 64);
    store<i16>(to, <i16>((outerDifference - innerDifference) >> 3), 96);
  }
}

const lines = memory.data(64, 16);
