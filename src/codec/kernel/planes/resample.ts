/**
 * Each sample of the result has a line of `taps` weights with 14 fractional bits; weights that are not needed are zero.
 * Separate lists hold the index of the first source sample for each line.
 */
import { storeTransposed } from './vectors';

/** Fractional bits that samples keep between the two directions. */
const KEPT_BITS: i32 = 6;

/** Fractional bits that samples keep for the encoder, whose transform has no room for more. */
const SCALED_BITS: i32 = 2;
/** One step of an 8-bit sample in that scale. */
const STEP: i32 = 1 << SCALED_BITS;
/** The largest scaled sample: 255. */
export const MOST_SCALED: i32 = 127 * STEP;

/**
 * Scales a plane: first vertically, one row at a time, then horizontally. The result has 16 bits per sample: its
 * distance from 128, with `SCALED_BITS` fractional bits.
 *
 * @param row scratch memory, 16 bits for each sample of a row
 * @param rowStarts first source row for each row of the result, 32 bits each; likewise `columnStarts`
 * @param rowTaps a multiple of 2
 * @param columnTaps 4, or a multiple of 8
 * @param from first column that is needed, a multiple of 8
 * @param until the column after the last one that is needed
 * @param ground level of the background in the source
 * @param background value of a sample whose weights add up to 0
 */
export function resample(
  plane: usize, stride: i32, row: usize, from: i32, until: i32,
  rowStarts: usize, rowWeights: usize, rowTaps: i32, height: i32,
  columnStarts: usize, columnWeights: usize, columnTaps: i32, width: i32,
  to: usize, toStride: i32, ground: i32, background: i32,
): void {
  for (let y: i32 = 0; y < height; y++) {
    const source = plane + <usize>(load<i32>(rowStarts + (<usize>y << 2)) * stride);
    combineRows(source, stride, rowWeights + <usize>(y * rowTaps * 2), rowTaps, row, from, until, ground);
    const target = to + (<usize>(y * toStride) << 1);
    if (columnTaps == 4) combineFour(row, columnStarts, columnWeights, width, target, background);
    else combineColumns(row, columnStarts, columnWeights, columnTaps, width, target, background);
  }
}

function combineRows(source: usize, stride: i32, weights: usize, taps: i32, row: usize, from: i32, until: i32, level: i32): void {
  const half = i32x4.splat(1 << (13 - KEPT_BITS));
  const ground = i16x8.splat(<i16>level);
  for (let x: i32 = from; x < until; x += 16) {
    let s0 = half;
    let s1 = half;
    let s2 = half;
    let s3 = half;
    let at = source + <usize>x;
    for (let tap: i32 = 0; tap < taps; tap += 2) {
      const pair = v128.load32_splat(weights + (<usize>tap << 1));
      const a = v128.load(at);
      const b = v128.load(at + <usize>stride);
      at += <usize>stride << 1;
      const low = i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      const high = i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
      s0 = i32x4.add(s0, i32x4.dot_i16x8_s(i16x8.sub(i16x8.extend_low_i8x16_u(low), ground), pair));
      s1 = i32x4.add(s1, i32x4.dot_i16x8_s(i16x8.sub(i16x8.extend_high_i8x16_u(low), ground), pair));
      s2 = i32x4.add(s2, i32x4.dot_i16x8_s(i16x8.sub(i16x8.extend_low_i8x16_u(high), ground), pair));
      s3 = i32x4.add(s3, i32x4.dot_i16x8_s(i16x8.sub(i16x8.extend_high_i8x16_u(high), ground), pair));
    }
    const target = row + (<usize>x << 1);
    v128.store(target, i16x8.narrow_i32x4_s(i32x4.shr_s(s0, 14 - KEPT_BITS), i32x4.shr_s(s1, 14 - KEPT_BITS)));
    v128.store(target, i16x8.narrow_i32x4_s(i32x4.shr_s(s2, 14 - KEPT_BITS), i32x4.shr_s(s3, 14 - KEPT_BITS)), 16);
  }
}

// @ts-ignore: decorator
@inline
function sumEach(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7));
  const cd = i32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7));
  return i32x4.add(v128.shuffle<i64>(ab, cd, 0, 2), v128.shuffle<i64>(ab, cd, 1, 3));
}

// @ts-ignore: decorator
@inline
function storeFour(sums: v128, ground: v128, to: usize): void {
  const values = i32x4.shr_s(i32x4.add(sums, ground), 14 + KEPT_BITS - SCALED_BITS);
  const words = i16x8.narrow_i32x4_s(values, values);
  const most = i16x8.splat(<i16>MOST_SCALED);
  const least = i16x8.splat(<i16>(-128 * STEP));
  v128.store64_lane(to, i16x8.max_s(i16x8.min_s(words, most), least), 0);
}

/** The offset that centres sums on 128 and rounds them. */
// @ts-ignore: decorator
@inline
function groundOf(background: i32): v128 {
  return i32x4.splat(((background - 128) << (14 + KEPT_BITS)) + (1 << (13 + KEPT_BITS - SCALED_BITS)));
}

function combineColumns(row: usize, starts: usize, weights: usize, taps: i32, width: i32, to: usize, background: i32): void {
  const ground = groundOf(background);
  const size = <usize>taps << 1;
  let line = weights;
  for (let x: i32 = 0; x < width; x += 4) {
    const start = starts + (<usize>x << 2);
    const a = sumLine(row + <usize>(load<i32>(start) << 1), line, size);
    const b = sumLine(row + <usize>(load<i32>(start, 4) << 1), line + size, size);
    const c = sumLine(row + <usize>(load<i32>(start, 8) << 1), line + size * 2, size);
    const d = sumLine(row + <usize>(load<i32>(start, 12) << 1), line + size * 3, size);
    line += size * 4;
    storeFour(sumEach(a, b, c, d), ground, to + (<usize>x << 1));
  }
}

// @ts-ignore: decorator
@inline
function sumLine(samples: usize, weights: usize, size: usize): v128 {
  let sum = i32x4.dot_i16x8_s(v128.load(samples), v128.load(weights));
  for (let at: usize = 16; at < size; at += 16) {
    sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(samples + at), v128.load(weights + at)));
  }
  return sum;
}

/** The same for four taps: two lines of weights fit into one vector. */
function combineFour(row: usize, starts: usize, weights: usize, width: i32, to: usize, background: i32): void {
  const ground = groundOf(background);
  let line = weights;
  for (let x: i32 = 0; x < width; x += 4) {
    const start = starts + (<usize>x << 2);
    let ab = v128.load64_zero(row + <usize>(load<i32>(start) << 1));
    ab = v128.load64_lane(row + <usize>(load<i32>(start, 4) << 1), ab, 1);
    let cd = v128.load64_zero(row + <usize>(load<i32>(start, 8) << 1));
    cd = v128.load64_lane(row + <usize>(load<i32>(start, 12) << 1), cd, 1);
    ab = i32x4.dot_i16x8_s(ab, v128.load(line));
    cd = i32x4.dot_i16x8_s(cd, v128.load(line, 16));
    line += 32;
    const sums = i32x4.add(v128.shuffle<i32>(ab, cd, 0, 2, 4, 6), v128.shuffle<i32>(ab, cd, 1, 3, 5, 7));
    storeFour(sums, ground, to + (<usize>x << 1));
  }
}

/** Repeats the last column and row of a scaled plane until it is `fullWidth` by `fullHeight`. */
export function extendPlane(
  plane: usize, stride: i32, width: i32, height: i32, fullWidth: i32, fullHeight: i32,
): void {
  const size = <usize>stride << 1;
  for (let y: i32 = 0; y < height; y++) {
    const line = plane + <usize>y * size;
    const sample = load<i16>(line + (<usize>(width - 1) << 1));
    for (let x: i32 = width; x < fullWidth; x++) store<i16>(line + (<usize>x << 1), sample);
  }
  const last = plane + <usize>(height - 1) * size;
  for (let y: i32 = height; y < fullHeight; y++) memory.copy(plane + <usize>y * size, last, <usize>fullWidth << 1);
}

/**
 * Exchanges rows and columns of a scaled plane of `width` by `height` samples, in tiles of 8 by 8: both planes need
 * memory for whole tiles. The strides are in samples.
 */
export function transposePlane(
  plane: usize, stride: i32, width: i32, height: i32, to: usize, toStride: i32,
): void {
  const line = <usize>stride << 1;
  const step = <usize>toStride << 1;
  for (let y: i32 = 0; y < height; y += 8) {
    for (let x: i32 = 0; x < width; x += 8) {
      const at = plane + <usize>y * line + (<usize>x << 1);
      storeTransposed(
        v128.load(at), v128.load(at + line), v128.load(at + line * 2), v128.load(at + line * 3),
        v128.load(at + line * 4), v128.load(at + line * 5), v128.load(at + line * 6), v128.load(at + line * 7),
        to + <usize>x * step + (<usize>y << 1), step,
      );
    }
  }
}
