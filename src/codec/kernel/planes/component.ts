/** One channel of a JPEG. */
@unmanaged
export class Component {
  /** Sampling factors. */
  across: i32;
  down: i32;
  /** Blocks in each direction, rounded up to whole MCUs. */
  blocksAcross: i32;
  blocksDown: i32;
  /** Blocks in each direction that the image needs; a scan of this component alone has only these. */
  ownBlocksAcross: i32;
  ownBlocksDown: i32;
  /** Decoded samples, 8 bits each. */
  plane: usize;
  stride: i32;
  /** Coefficients of a progressive image, 64 of 16 bits per block; otherwise 0. */
  coefficients: usize;
  /** Quantisation table, 64 of 16 bits in natural order. */
  quantisation: usize;
  dcTable: usize;
  acTable: usize;
  /** Skip table and pair table for the codes of the AC table. */
  skips: usize;
  pairs: usize;
  /** The previous DC value. */
  predictor: i32;
}

/** Up to four, as in CMYK. */
const components = memory.data(4 * 64, 16);

export function component(index: i32): Component {
  return changetype<Component>(components + <usize>index * 64);
}

/** The samples of a row of a component's plane. */
// @ts-ignore: decorator
@inline
export function rowOf(index: i32, y: i32): usize {
  return component(index).plane + <usize>(y * component(index).stride);
}

/** Natural position of each coefficient in zigzag order, and of 16 that are beyond the block. */
export const ZIGZAG = memory.data<u8>([
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55,
  62, 63, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
]);
