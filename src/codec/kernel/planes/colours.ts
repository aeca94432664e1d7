import { component, rowOf } from './component';
import { allocate } from './memory';
import { MOST_SCALED } from './resample';
import { high, low, pair } from './vectors';

/**
 * Stores eight pixels as luma and chroma, as JFIF defines them, with factors of 15 fractional bits. Colours are 16 bits
 * each.
 */
// @ts-ignore: decorator
@inline
export function storeColours(luma: usize, cb: usize, cr: usize, r: v128, g: v128, b: v128): void {
  const half = 1 << 14;
  const middle = (128 << 15) + half - 1;
  storeMix(luma, r, g, b, 9798, 19235, 3735, half);
  storeMix(cb, r, g, b, -5529, -10855, 16384, middle);
  storeMix(cr, r, g, b, 16384, -13720, -2664, middle);
}

/** Stores eight samples, each a weighted sum of the three colours. */
// @ts-ignore: decorator
@inline
function storeMix(to: usize, r: v128, g: v128, b: v128, ofRed: i16, ofGreen: i16, ofBlue: i16, offset: i32): void {
  const redGreen = pair(ofRed, ofGreen);
  const blueOnly = pair(ofBlue, 0);
  const start = i32x4.splat(offset);
  const sums0 = i32x4.add(i32x4.add(low(r, g, redGreen), low(b, b, blueOnly)), start);
  const sums1 = i32x4.add(i32x4.add(high(r, g, redGreen), high(b, b, blueOnly)), start);
  const words = i16x8.narrow_i32x4_s(i32x4.shr_s(sums0, 15), i32x4.shr_s(sums1, 15));
  v128.store64_lane(to, i8x16.narrow_i16x8_u(words, words), 0);
}

/**
 * Turns scaled red, green and blue into luma, which replaces red, and chroma of half the size. All planes are as
 * `resample` writes them.
 *
 * @param width samples of a row, a multiple of 16; `height` is a multiple of 2
 */
export function mixColours(red: usize, green: usize, blue: usize, width: i32, height: i32, cb: usize, cr: usize): void {
  const line = <usize>width << 1;
  for (let y: i32 = 0; y < height; y += 2) {
    for (let x: usize = 0; x < line; x += 32) {
      const r = sumFours(red + x, line);
      const g = sumFours(green + x, line);
      const b = sumFours(blue + x, line);
      v128.store(cb + (x >> 1), mixThree(r, g, b, -5529, -10855, 16384, 17));
      v128.store(cr + (x >> 1), mixThree(r, g, b, 16384, -13720, -2664, 17));
    }
    for (let x: usize = 0; x < line << 1; x += 16) {
      const mixed = mixThree(v128.load(red + x), v128.load(green + x), v128.load(blue + x), 9798, 19235, 3735, 15);
      v128.store(red + x, mixed);
    }
    red += line << 1;
    green += line << 1;
    blue += line << 1;
    cb += line >> 1;
    cr += line >> 1;
  }
}

/** The sums of eight squares of two by two samples. */
// @ts-ignore: decorator
@inline
function sumFours(at: usize, line: usize): v128 {
  const left = i16x8.add(v128.load(at), v128.load(at + line));
  const right = i16x8.add(v128.load(at, 16), v128.load(at + line, 16));
  return i16x8.narrow_i32x4_s(i32x4.extadd_pairwise_i16x8_s(left), i32x4.extadd_pairwise_i16x8_s(right));
}

/** Eight weighted sums of the three colours, divided by two to the power of `bits`. */
// @ts-ignore: decorator
@inline
function mixThree(r: v128, g: v128, b: v128, ofRed: i16, ofGreen: i16, ofBlue: i16, bits: i32): v128 {
  const redGreen = pair(ofRed, ofGreen);
  const blueOnly = pair(ofBlue, 0);
  const half = i32x4.splat(1 << (bits - 1));
  const first = i32x4.add(i32x4.add(low(r, g, redGreen), low(b, b, blueOnly)), half);
  const last = i32x4.add(i32x4.add(high(r, g, redGreen), high(b, b, blueOnly)), half);
  const words = i16x8.narrow_i32x4_s(i32x4.shr_s(first, bits), i32x4.shr_s(last, bits));
  return i16x8.min_s(words, i16x8.splat(<i16>MOST_SCALED));
}

/**
 * Gives a decoded JPEG the colours that readers show: chroma becomes as fine as luma, and colours that RGB cannot hold
 * become the ones that it cuts them to. All planes have `width` by `height` samples afterwards.
 */
export function clipColours(width: i32, height: i32): void {
  const halfAcross = component(1).across < component(0).across;
  const halfDown = component(1).down < component(0).down;
  if (halfAcross || halfDown) {
    enlargeChroma(1, width, height, halfAcross, halfDown);
    enlargeChroma(2, width, height, halfAcross, halfDown);
  }
  for (let y: i32 = 0; y < height; y++) {
    const luma = rowOf(0, y);
    const cb = rowOf(1, y);
    const cr = rowOf(2, y);
    for (let x: i32 = 0; x < width; x += 8) clipEight(luma + x, cb + x, cr + x);
  }
}

/** Pixels whose colours RGB can hold stay as they are. */
// @ts-ignore: decorator
@inline
function clipEight(luma: usize, cb: usize, cr: usize): void {
  const middle = i16x8.splat(128);
  const y = samplesAt(luma);
  const blue = i16x8.sub(samplesAt(cb), middle);
  const red = i16x8.sub(samplesAt(cr), middle);
  // 1.402 is 1 + 0.402, and 1.772 is 2 - 0.228.
  const r = i16x8.add(i16x8.add(y, red), mix(blue, red, 0, 13173));
  const g = i16x8.add(y, mix(blue, red, -11277, -23401));
  const b = i16x8.add(i16x8.add(y, i16x8.add(blue, blue)), mix(blue, red, -7471, 0));
  const least = i16x8.min_s(r, i16x8.min_s(g, b));
  const most = i16x8.max_s(r, i16x8.max_s(g, b));
  const white = i16x8.splat(255);
  const black = i16x8.splat(0);
  if (!v128.any_true(v128.or(i16x8.gt_s(most, white), i16x8.lt_s(least, black)))) return;
  const shownRed = i16x8.max_s(i16x8.min_s(r, white), black);
  const shownGreen = i16x8.max_s(i16x8.min_s(g, white), black);
  storeColours(luma, cb, cr, shownRed, shownGreen, i16x8.max_s(i16x8.min_s(b, white), black));
}

/** Eight rounded sums of blue and red chroma, weighted with 15 fractional bits. */
// @ts-ignore: decorator
@inline
function mix(blue: v128, red: v128, ofBlue: i16, ofRed: i16): v128 {
  const factors = pair(ofBlue, ofRed);
  const half = i32x4.splat(1 << 14);
  const first = i32x4.shr_s(i32x4.add(low(blue, red, factors), half), 15);
  return i16x8.narrow_i32x4_s(first, i32x4.shr_s(i32x4.add(high(blue, red, factors), half), 15));
}

/**
 * Enlarges a plane as libjpeg does, which rounds one way at every other pixel: three quarters of the sample, and a
 * quarter of the one next to the pixel.
 */
function enlargeChroma(index: i32, width: i32, height: i32, halfAcross: bool, halfDown: bool): void {
  const part = component(index);
  const stride = (width + 15) & ~15;
  const plane = allocate(<usize>(stride * height));
  const samples = halfAcross ? (width + 1) >> 1 : width;
  const rows = halfDown ? (height + 1) >> 1 : height;
  // 16 bits each, with a sample before the first and one after the last.
  const line = allocate((<usize>samples << 1) + 32) + 16;
  for (let y: i32 = 0; y < height; y++) {
    const near = halfDown ? y >> 1 : y;
    const from = part.plane + <usize>(near * part.stride);
    if (halfDown) {
      const next = min(max(near + ((y & 1) == 0 ? -1 : 1), 0), rows - 1);
      weighRows(from, part.plane + <usize>(next * part.stride), samples, line);
    } else {
      for (let x: i32 = 0; x < samples; x += 8) v128.store(line + (<usize>x << 1), samplesAt(from + x));
    }
    const to = plane + <usize>(y * stride);
    if (!halfAcross) quarterLine(line, samples, to, 1 + (y & 1));
    else if (halfDown) enlargeLine(line, samples, to, 8, 7, 4);
    else enlargeLine(line, samples, to, 1, 2, 2);
  }
  part.plane = plane;
  part.stride = stride;
}

// @ts-ignore: decorator
@inline
function samplesAt(at: usize): v128 {
  return i16x8.extend_low_i8x16_u(v128.load64_zero(at));
}

/** Stores three times the samples of one row plus those of the other. */
function weighRows(near: usize, next: usize, samples: i32, to: usize): void {
  for (let x: i32 = 0; x < samples; x += 8) {
    const own = samplesAt(near + x);
    v128.store(to + (<usize>x << 1), i16x8.add(i16x8.add(own, i16x8.shl(own, 1)), samplesAt(next + x)));
  }
}

/** Stores two samples for one; `left` and `right` round them, and `bits` are cut off. */
function enlargeLine(line: usize, samples: i32, to: usize, left: i16, right: i16, bits: i32): void {
  const end = line + (<usize>samples << 1);
  store<i16>(line - 2, load<i16>(line));
  store<i16>(end, load<i16>(end - 2));
  const roundLeft = i16x8.splat(left);
  const roundRight = i16x8.splat(right);
  for (let x: i32 = 0; x < samples; x += 8) {
    const at = line + (<usize>x << 1);
    const own = v128.load(at);
    const thrice = i16x8.add(own, i16x8.shl(own, 1));
    const even = i16x8.shr_u(i16x8.add(i16x8.add(thrice, v128.load(at - 2)), roundLeft), bits);
    const odd = i16x8.shr_u(i16x8.add(i16x8.add(thrice, v128.load(at + 2)), roundRight), bits);
    v128.store(to + (<usize>x << 1), v128.or(even, i16x8.shl(odd, 8)));
  }
}

function quarterLine(line: usize, samples: i32, to: usize, rounding: i32): void {
  const half = i16x8.splat(<i16>rounding);
  for (let x: i32 = 0; x < samples; x += 8) {
    const words = i16x8.shr_u(i16x8.add(v128.load(line + (<usize>x << 1)), half), 2);
    v128.store64_lane(to + x, i8x16.narrow_i16x8_u(words, words), 0);
  }
}
