/**
 * Scaling in floating point, for results that lose nothing to their encoding: with 24 bits, 8-bit samples are rounded as
 * exact arithmetic would round them.
 */

/**
 * Adds weighted rows.
 *
 * @param sums 32-bit floats, one for each sample of a row
 * @param rows `count` rows without gaps, of one byte a sample, or of two if `deep`
 * @param weights 32-bit floats, one for each row
 */
export function addRows(sums: usize, rows: usize, samples: i32, count: i32, weights: usize, deep: bool): void {
  const stride = <usize>samples << <usize>deep;
  for (let x: usize = 0; x < <usize>samples; x += 8) {
    let low = v128.load(sums + (x << 2));
    let high = v128.load(sums + (x << 2), 16);
    let at = rows + (x << <usize>deep);
    for (let row: i32 = 0; row < count; row++) {
      const words = deep ? v128.load(at) : i16x8.extend_low_i8x16_u(v128.load64_zero(at));
      const weight = v128.load32_splat(weights + (<usize>row << 2));
      low = f32x4.add(low, f32x4.mul(f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(words)), weight));
      high = f32x4.add(high, f32x4.mul(f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(words)), weight));
      at += stride;
    }
    v128.store(sums + (x << 2), low);
    v128.store(sums + (x << 2), high, 16);
  }
}

/**
 * Turns the sums of a row into a row of the result.
 *
 * @param starts first pixel for each pixel of the result, and `counts` how many, 32 bits each; none is padding
 * @param weights 32-bit floats, `room` for each pixel of the result
 * @param channels at most 4
 * @param white value of padding, and the largest sample
 */
export function mixColumns(
  sums: usize, starts: usize, counts: usize, weights: usize, room: i32, width: i32, channels: i32,
  white: f32, to: usize, deep: bool,
): void {
  const step = <usize>channels << 2;
  const most = f32x4.splat(white);
  let line = weights;
  let target = to;
  for (let x: i32 = 0; x < width; x++) {
    const count = load<i32>(counts + (<usize>x << 2));
    let at = sums + <usize>load<i32>(starts + (<usize>x << 2)) * step;
    let mix = count > 0 ? f32x4.splat(0.5) : most;
    for (let tap: i32 = 0; tap < count; tap++) {
      mix = f32x4.add(mix, f32x4.mul(v128.load(at), v128.load32_splat(line + (<usize>tap << 2))));
      at += step;
    }
    line += <usize>room << 2;
    const rounded = i32x4.trunc_sat_f32x4_s(f32x4.min(f32x4.max(mix, f32x4.splat(0)), most));
    // Surplus samples are overwritten by the next pixel.
    const words = i16x8.narrow_i32x4_u(rounded, rounded);
    if (deep) v128.store64_lane(target, words, 0);
    else v128.store32_lane(target, i8x16.narrow_i16x8_u(words, words), 0);
    target += <usize>channels << <usize>deep;
  }
}
