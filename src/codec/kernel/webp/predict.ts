/** Predictions of RFC 6386 (12): from the row above a block and the column to its left, before they are deblocked. */
export const MODE_DC: i32 = 0;
export const MODE_MOTION: i32 = 1;
export const MODE_DOWN: i32 = 2;
export const MODE_ACROSS: i32 = 3;

/** Predicts a block of 16 by 16 or 8 by 8 samples. The image may end above it or to its left. */
export function predictLarge(mode: i32, at: usize, stride: usize, size: usize, hasTop: bool, hasLeft: bool): void {
  const above = at - stride;
  if (mode == MODE_MOTION) {
    predictMotion(at, stride, size);
    return;
  }
  if (mode == MODE_ACROSS) {
    for (let row: usize = 0; row < size; row++) {
      storeRow(at + row * stride, size, v128.load8_splat(at + row * stride - 1));
    }
    return;
  }
  let samples: v128;
  if (mode == MODE_DOWN) samples = v128.load(above);
  else samples = i8x16.splat(<i8>meanAround(at, stride, size, hasTop, hasLeft));
  for (let row: usize = 0; row < size; row++) storeRow(at + row * stride, size, samples);
}

// @ts-ignore: decorator
@inline
function storeRow(at: usize, size: usize, samples: v128): void {
  if (size == 16) v128.store(at, samples);
  else v128.store64_lane(at, samples, 0);
}

function meanAround(at: usize, stride: usize, size: usize, hasTop: bool, hasLeft: bool): i32 {
  if (!hasTop && !hasLeft) return 128;
  let sum: i32 = 0;
  if (hasTop) for (let x: usize = 0; x < size; x++) sum += load<u8>(at - stride + x);
  if (hasLeft) for (let y: usize = 0; y < size; y++) sum += load<u8>(at + y * stride - 1);
  const bits = <i32>ctz(size) + <i32>(hasTop && hasLeft);
  return (sum + (1 << (bits - 1))) >> bits;
}

/** Above plus left minus the corner. */
function predictMotion(at: usize, stride: usize, size: usize): void {
  const above = at - stride;
  const corner = <i32>load<u8>(above - 1);
  const low = i16x8.extend_low_i8x16_u(v128.load(above));
  const high = i16x8.extend_high_i8x16_u(v128.load(above));
  for (let row: usize = 0; row < size; row++) {
    const target = at + row * stride;
    const change = i16x8.splat(<i16>(<i32>load<u8>(target - 1) - corner));
    storeRow(target, size, i8x16.narrow_i16x8_u(i16x8.add(low, change), i16x8.add(high, change)));
  }
}

/** Predicts a block of 4 by 4 samples, also from the four above it at the right. */
export function predictSmall(mode: i32, at: usize, stride: usize): void {
  const line = v128.load(at - stride - 1);
  const left = i32x4.splat(
    <i32>load<u8>(at - 1) | (<i32>load<u8>(at + stride - 1) << 8) | (<i32>load<u8>(at + stride * 2 - 1) << 16) |
      (<i32>load<u8>(at + stride * 3 - 1) << 24),
  );
  if (mode == 0) {
    let sum: i32 = 4;
    for (let index: usize = 0; index < 4; index++) {
      sum += <i32>load<u8>(at - stride + index) + <i32>load<u8>(at + index * stride - 1);
    }
    storeFour(at, stride, i8x16.splat(<i8>(sum >> 3)));
    return;
  }
  if (mode == 1) {
    const corner = <i32>load<u8>(at - stride - 1);
    const above = i16x8.extend_low_i8x16_u(i8x16.shuffle(line, line, 1, 2, 3, 4, 1, 2, 3, 4, 1, 1, 1, 1, 1, 1, 1, 1));
    const beside = i16x8.extend_low_i8x16_u(i8x16.shuffle(left, left, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3));
    const below = i16x8.extend_high_i8x16_u(i8x16.shuffle(left, left, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3));
    const change = i16x8.sub(above, i16x8.splat(<i16>corner));
    storeFour(at, stride, i8x16.narrow_i16x8_u(i16x8.add(change, beside), i16x8.add(change, below)));
    return;
  }
  // From the lowest sample at the left, once more, up to the corner, and from there to the right; the last one twice.
  const edge = i8x16.shuffle(line, left, 19, 19, 18, 17, 16, 0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8);
  const after = i8x16.shuffle(line, left, 19, 18, 17, 16, 0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 8);
  const before = i8x16.shuffle(line, left, 19, 19, 19, 18, 17, 16, 0, 1, 2, 3, 4, 5, 6, 7, 8, 8);
  // Means of a sample and the next one, and of a sample, twice, and those at both sides of it.
  const two = i8x16.avgr_u(edge, after);
  const odd = v128.and(v128.xor(before, after), i8x16.splat(1));
  const three = i8x16.avgr_u(edge, i8x16.sub(i8x16.avgr_u(before, after), odd));
  storeFour(at, stride, alongEdge(mode, two, three));
}

/** The samples of a block in four rows, each of which follows the edge in one direction. */
// @ts-ignore: decorator
@inline
function alongEdge(mode: i32, two: v128, three: v128): v128 {
  switch (mode) {
    case 2:
      return i8x16.shuffle(two, three, 22, 23, 24, 25, 22, 23, 24, 25, 22, 23, 24, 25, 22, 23, 24, 25);
    case 3:
      return i8x16.shuffle(two, three, 20, 20, 20, 20, 19, 19, 19, 19, 18, 18, 18, 18, 17, 17, 17, 17);
    case 4:
      return i8x16.shuffle(two, three, 21, 22, 23, 24, 20, 21, 22, 23, 19, 20, 21, 22, 18, 19, 20, 21);
    case 5:
      return i8x16.shuffle(two, three, 5, 6, 7, 8, 21, 22, 23, 24, 20, 5, 6, 7, 19, 21, 22, 23);
    case 6:
      return i8x16.shuffle(two, three, 23, 24, 25, 26, 24, 25, 26, 27, 25, 26, 27, 28, 26, 27, 28, 29);
    case 7:
      return i8x16.shuffle(two, three, 6, 7, 8, 9, 23, 24, 25, 26, 7, 8, 9, 27, 24, 25, 26, 28);
    case 8:
      return i8x16.shuffle(two, three, 4, 21, 22, 23, 3, 20, 4, 21, 2, 19, 3, 20, 1, 18, 2, 19);
    default:
      return i8x16.shuffle(two, three, 3, 19, 2, 18, 2, 18, 1, 17, 1, 17, 0, 0, 0, 0, 0, 0);
  }
}

// @ts-ignore: decorator
@inline
function storeFour(at: usize, stride: usize, samples: v128): void {
  v128.store32_lane(at, samples, 0);
  v128.store32_lane(at + stride, samples, 1);
  v128.store32_lane(at + stride * 2, samples, 2);
  v128.store32_lane(at + stride * 3, samples, 3);
}
