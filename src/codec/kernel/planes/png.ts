import { storeColours } from './colours';
import { component, rowOf } from './component';
import { allocate } from './memory';

/**
 * Turns the rows of a PNG, still filtered, into planes. The components must be set: one for gray, or three.
 *
 * @param channels bytes per pixel: 1 for gray or an index into `palette`, or 3
 * @param palette 4 bytes per colour; 0 if there is none
 * @param asRgb stores colours as red, green and blue instead of luma and chroma
 * @returns false if a row has an unknown filter or a pixel has an index beyond the palette
 */
export function decodePng(
  rows: usize, width: i32, height: i32, channels: i32, palette: usize, colours: i32, asRgb: bool,
): bool {
  const bytes = width * channels;
  let line = clearLine(bytes);
  let above = clearLine(bytes);
  const colour = clearLine(width * 3);
  let source = rows;
  for (let y: i32 = 0; y < height; y++) {
    if (!unfilter(load<u8>(source), source + 1, above, line, bytes, channels)) return false;
    source += 1 + bytes;
    if (palette != 0) {
      if (!lookUp(line, width, palette, colours, colour)) return false;
      storePlanes(colour, width, y, asRgb);
    } else if (channels == 3) storePlanes(line, width, y, asRgb);
    else memory.copy(component(0).plane + <usize>(y * component(0).stride), line, width);
    const spare = above;
    above = line;
    line = spare;
  }
  return true;
}

/**
 * Spreads pixels over planes: gray as it is, RGB as luma and chroma, or as it is with `asRgb`.
 *
 * @param rows pixels of one or three bytes, without gaps
 */
export function loadRows(rows: usize, width: i32, height: i32, channels: i32, asRgb: bool): void {
  let source = rows;
  for (let y: i32 = 0; y < height; y++) {
    if (channels == 1) memory.copy(component(0).plane + <usize>(y * component(0).stride), source, width);
    else storePlanes(source, width, y, asRgb);
    source += <usize>(width * channels);
  }
}

function clearLine(bytes: i32): usize {
  const at = allocate(bytes);
  memory.fill(at, 0, bytes);
  return at;
}

/** Removes the filter of one row. Stores four bytes per pixel; the next pixel overwrites the surplus bytes. */
function unfilter(filter: i32, row: usize, above: usize, line: usize, bytes: i32, step: i32): bool {
  let left = i64x2.splat(0);
  switch (filter) {
    case 0:
      memory.copy(line, row, bytes);
      return true;
    case 1:
      for (let x: i32 = 0; x < bytes; x += step) {
        left = i8x16.add(left, v128.load32_zero(row + x));
        v128.store32_lane(line + x, left, 0);
      }
      return true;
    case 2:
      for (let x: i32 = 0; x < bytes; x += 16) v128.store(line + x, i8x16.add(v128.load(row + x), v128.load(above + x)));
      return true;
    case 3:
      for (let x: i32 = 0; x < bytes; x += step) {
        left = addBytes(pixel(row + x), i16x8.shr_u(i16x8.add(left, pixel(above + x)), 1));
        storePixel(line + x, left);
      }
      return true;
    case 4: {
      let corner = i64x2.splat(0);
      for (let x: i32 = 0; x < bytes; x += step) {
        const up = pixel(above + x);
        left = addBytes(pixel(row + x), nearest(left, up, corner));
        corner = up;
        storePixel(line + x, left);
      }
      return true;
    }
    default:
      return false;
  }
}

// @ts-ignore: decorator
@inline
function pixel(at: usize): v128 {
  return i16x8.extend_low_i8x16_u(v128.load32_zero(at));
}

// @ts-ignore: decorator
@inline
function storePixel(at: usize, value: v128): void {
  v128.store32_lane(at, i8x16.narrow_i16x8_u(value, value), 0);
}

// @ts-ignore: decorator
@inline
function addBytes(a: v128, b: v128): v128 {
  return v128.and(i16x8.add(a, b), i16x8.splat(255));
}

/** The Paeth predictor: the neighbour nearest to left + up - corner, in a tie the first of them. */
// @ts-ignore: decorator
@inline
function nearest(left: v128, up: v128, corner: v128): v128 {
  const across = i16x8.sub(up, corner);
  const down = i16x8.sub(left, corner);
  const fromLeft = i16x8.abs(across);
  const fromUp = i16x8.abs(down);
  const fromCorner = i16x8.abs(i16x8.add(across, down));
  const least = i16x8.min_s(fromLeft, i16x8.min_s(fromUp, fromCorner));
  const upOrCorner = v128.bitselect(up, corner, i16x8.eq(least, fromUp));
  return v128.bitselect(left, upOrCorner, i16x8.eq(least, fromLeft));
}

function lookUp(line: usize, width: i32, palette: usize, colours: i32, to: usize): bool {
  for (let x: i32 = 0; x < width; x++) {
    const place = <i32>load<u8>(line + x);
    if (place >= colours) return false;
    store<u32>(to + <usize>(3 * x), load<u32>(palette + <usize>(4 * place)));
  }
  return true;
}

// @ts-ignore: decorator
@inline
function storeBytes(to: usize, words: v128): void {
  v128.store64_lane(to, i8x16.narrow_i16x8_u(words, words), 0);
}

/** Spreads a row of RGB over the planes. */
function storePlanes(from: usize, width: i32, y: i32, asRgb: bool): void {
  const first = rowOf(0, y);
  const second = rowOf(1, y);
  const third = rowOf(2, y);
  for (let x: i32 = 0; x < width; x += 8) {
    const at = from + <usize>(3 * x);
    const most = v128.load(at);
    const rest = v128.load64_zero(at, 16);
    const r = i16x8.extend_low_i8x16_u(i8x16.shuffle(most, rest, 0, 3, 6, 9, 12, 15, 18, 21, 0, 0, 0, 0, 0, 0, 0, 0));
    const g = i16x8.extend_low_i8x16_u(i8x16.shuffle(most, rest, 1, 4, 7, 10, 13, 16, 19, 22, 0, 0, 0, 0, 0, 0, 0, 0));
    const b = i16x8.extend_low_i8x16_u(i8x16.shuffle(most, rest, 2, 5, 8, 11, 14, 17, 20, 23, 0, 0, 0, 0, 0, 0, 0, 0));
    if (asRgb) {
      storeBytes(first + x, r);
      storeBytes(second + x, g);
      storeBytes(third + x, b);
    } else storeColours(first + x, second + x, third + x, r, g, b);
  }
}
