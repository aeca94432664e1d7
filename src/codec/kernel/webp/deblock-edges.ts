/** Samples around edges as rows of 16, whichever way the edges run. */

/** Two halves of 128 samples, from one to the other of which they are shuffled. */
const tiles = memory.data(256, 16);

/** Where `gather` leaves the samples behind the edge, in rows of 16 bytes. */
export const GATHERED: usize = tiles + 64;

/** Turns 16 lines of eight samples around an edge between columns; the last eight lines begin at `second`. */
export function gather(first: usize, second: usize, stride: usize): void {
  for (let row: usize = 0; row < 4; row++) {
    const upper = first + row * 2 * stride - 4;
    const lower = second + row * 2 * stride - 4;
    v128.store(tiles + row * 16, v128.load64_lane(upper + stride, v128.load64_zero(upper), 1));
    v128.store(tiles + row * 16, v128.load64_lane(lower + stride, v128.load64_zero(lower), 1), 64);
  }
  mingle(tiles, tiles + 128);
  mingle(tiles + 128, tiles);
  mingle(tiles, tiles + 128);
  mingle(tiles + 128, tiles);
}

/** Puts them back. */
export function scatter(first: usize, second: usize, stride: usize): void {
  mingle(tiles, tiles + 128);
  mingle(tiles + 128, tiles);
  mingle(tiles, tiles + 128);
  for (let row: usize = 0; row < 4; row++) {
    const upper = first + row * 2 * stride - 4;
    const lower = second + row * 2 * stride - 4;
    const ofUpper = v128.load(tiles + 128 + row * 16);
    const ofLower = v128.load(tiles + 192 + row * 16);
    v128.store64_lane(upper, ofUpper, 0);
    v128.store64_lane(upper + stride, ofUpper, 1);
    v128.store64_lane(lower, ofLower, 0);
    v128.store64_lane(lower + stride, ofLower, 1);
  }
}

/** Lays eight rows around an edge of two planes side by side. */
export function joinRows(first: usize, second: usize, stride: usize): void {
  for (let row: usize = 0; row < 8; row++) {
    const offset = row * stride - 4 * stride;
    v128.store(tiles + row * 16, v128.load64_lane(second + offset, v128.load64_zero(first + offset), 1));
  }
}

/** Puts them back, but for the outermost, which do not change. */
export function partRows(first: usize, second: usize, stride: usize): void {
  for (let row: usize = 1; row < 7; row++) {
    const offset = row * stride - 4 * stride;
    const samples = v128.load(tiles + row * 16);
    v128.store64_lane(first + offset, samples, 0);
    v128.store64_lane(second + offset, samples, 1);
  }
}

/** One step of exchanging rows and columns: samples of the first and the second half in turn. */
// @ts-ignore: decorator
@inline
function mingle(from: usize, to: usize): void {
  for (let at: usize = 0; at < 64; at += 16) {
    const a = v128.load(from + at);
    const b = v128.load(from + at, 64);
    v128.store(to + at * 2, i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
    v128.store(to + at * 2, i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31), 16);
  }
}
