/** Decodes VP8, the lossy code of WebP, to planes (RFC 6386): the samples are libwebp's. */
import { component } from '../planes/component';
import { allocate } from '../planes/memory';
import { Bools, boolsAt, isBeyond, readBool } from './bools';
import { oddsOf, readCoefficients } from './coefficients';
import {
  emptyOdds, hasSegments, partitionMask, readFrameHeader, readSegment, smoothing, stepsOf, strengthOf,
} from './header';
import { smoothFrame } from './deblock-frame';
import { MODE_ACROSS, MODE_DC, MODE_DOWN, MODE_MOTION, predictLarge, predictSmall } from './predict';
import { MODE_ODDS } from './tables';
import { addLowest, addMean, addTransform, spreadMeans } from './transform';

/** Samples to the left of each row and to its right, that predictions read. */
const MARGIN: usize = 16;
/** Coefficients of 16 blocks of luma and 8 of chroma; then the means of luma. */
const blocks = memory.data(25 * 32, 16);
const MEANS: usize = blocks + 24 * 32;
/** Ends of the coefficients of each block. */
const ends = memory.data(24);
/** Modes of the 16 blocks. */
const modes = memory.data(16);

/** What the blocks at the left had: modes of 4; coefficients in 4 of luma, 2 and 2 of chroma, and means. */
const leftModes = memory.data(4);
const leftFull = memory.data(9);

/**
 * Decodes a frame to the planes of three components, with studio levels; false if it is damaged.
 *
 * @param checks only reads the frame and makes no samples
 */
export function decodeVp8(from: usize, bytes: usize, width: i32, height: i32, checks: bool): bool {
  if (!readFrameHeader(from, bytes)) return false;
  const across = (width + 15) >> 4;
  const down = (height + 15) >> 4;
  const topModes = allocate(<usize>(across * 4));
  const topFull = allocate(<usize>(across * 9));
  const kinds = allocate(<usize>(across * down));
  memory.fill(topModes, <u8>MODE_DC, <usize>(across * 4));
  memory.fill(topFull, 0, <usize>(across * 9));
  if (!checks) allocatePlanes(across, down);
  const bools = boolsAt(0);
  for (let y = 0; y < down; y++) {
    const partition = boolsAt(1 + (y & partitionMask));
    memory.fill(leftModes, <u8>MODE_DC, 4);
    memory.fill(leftFull, 0, 9);
    for (let x = 0; x < across; x++) {
      const segment = hasSegments ? readSegment(bools) : 0;
      const isEmpty = emptyOdds >= 0 && readBool(bools, emptyOdds) != 0;
      const isSmall = readBool(bools, 145) == 0;
      const above = topModes + <usize>(x * 4);
      if (isSmall) readSmallModes(bools, above);
      else readLargeMode(bools, above);
      const chromaMode = readChromaMode(bools);
      const full = topFull + <usize>(x * 9);
      let isFull = false;
      if (isEmpty) clearFull(full, isSmall);
      else isFull = readBlocks(partition, segment, isSmall, full);
      store<u8>(kinds + <usize>(y * across + x), (segment << 2) | (<i32>isSmall << 1) | <i32>(isSmall || isFull));
      if (checks) continue;
      drawLuma(x, y, across, isSmall, isFull);
      drawChroma(1, x, y, chromaMode, isFull);
      drawChroma(2, x, y, chromaMode, isFull);
    }
    if (isBeyond(bools) || isBeyond(partition)) return false;
  }
  if (!checks && smoothing != 0) smoothFrame(kinds, across, down);
  return true;
}

/** Planes of whole blocks, with the samples that predictions take for those outside of the image. */
function allocatePlanes(across: i32, down: i32): void {
  for (let index = 0; index < 3; index++) {
    const part = component(index);
    const side = index == 0 ? 16 : 8;
    const stride = <usize>(across * side) + 2 * MARGIN;
    const rows = <usize>(down * side);
    const first = allocate(stride * (rows + 1)) + stride + MARGIN;
    part.plane = first;
    part.stride = <i32>stride;
    part.across = index == 0 ? 2 : 1;
    part.down = index == 0 ? 2 : 1;
    part.blocksDown = <i32>(rows >> 3);
    memory.fill(first - stride - MARGIN, 127, stride);
    for (let row: usize = 0; row < rows; row++) store<u8>(first + row * stride - 1, 129);
  }
}

function readSmallModes(bools: Bools, above: usize): void {
  for (let y: usize = 0; y < 4; y++) {
    let mode = <i32>load<u8>(leftModes + y);
    for (let x: usize = 0; x < 4; x++) {
      const odds = MODE_ODDS + <usize>((<i32>load<u8>(above + x) * 10 + mode) * 9);
      mode = readSmallMode(bools, odds);
      store<u8>(above + x, mode);
      store<u8>(modes + y * 4 + x, mode);
    }
    store<u8>(leftModes + y, mode);
  }
}

function readSmallMode(bools: Bools, odds: usize): i32 {
  if (readBool(bools, load<u8>(odds)) == 0) return 0;
  if (readBool(bools, load<u8>(odds, 1)) == 0) return 1;
  if (readBool(bools, load<u8>(odds, 2)) == 0) return 2;
  if (readBool(bools, load<u8>(odds, 3)) == 0) {
    if (readBool(bools, load<u8>(odds, 4)) == 0) return 3;
    return 4 + readBool(bools, load<u8>(odds, 5));
  }
  if (readBool(bools, load<u8>(odds, 6)) == 0) return 6;
  if (readBool(bools, load<u8>(odds, 7)) == 0) return 7;
  return 8 + readBool(bools, load<u8>(odds, 8));
}

function readLargeMode(bools: Bools, above: usize): void {
  const mode = readBool(bools, 156) == 0
    ? (readBool(bools, 163) == 0 ? MODE_DC : MODE_DOWN)
    : (readBool(bools, 128) == 0 ? MODE_ACROSS : MODE_MOTION);
  store<u8>(modes, mode);
  memory.fill(above, <u8>mode, 4);
  memory.fill(leftModes, <u8>mode, 4);
}

function readChromaMode(bools: Bools): i32 {
  if (readBool(bools, 142) == 0) return MODE_DC;
  if (readBool(bools, 114) == 0) return MODE_DOWN;
  return readBool(bools, 183) == 0 ? MODE_ACROSS : MODE_MOTION;
}

/** A block without coefficients; whether there are means stays what it was if it could have none. */
function clearFull(above: usize, isSmall: bool): void {
  memory.fill(above, 0, isSmall ? 8 : 9);
  memory.fill(leftFull, 0, isSmall ? 8 : 9);
}

/** Reads all coefficients of a block of 16 by 16. Returns whether it has any. */
function readBlocks(bools: Bools, segment: i32, isSmall: bool, above: usize): bool {
  memory.fill(blocks, 0, 25 * 32);
  const steps = stepsOf(segment);
  let first = 0;
  let kind = 3;
  if (!isSmall) {
    const context = <i32>load<u8>(above, 8) + <i32>load<u8>(leftFull, 8);
    const end = readCoefficients(bools, oddsOf(1), context, 0, steps.meanDc, steps.meanAc, MEANS);
    store<u8>(above, <u8>(end > 0), 8);
    store<u8>(leftFull, <u8>(end > 0), 8);
    if (end > 0) spreadMeans(MEANS, blocks);
    first = 1;
    kind = 0;
  }
  let isFull = readSquare(bools, kind, first, 4, steps.lumaDc, steps.lumaAc, 0, above, leftFull);
  isFull = readSquare(bools, 2, 0, 2, steps.chromaDc, steps.chromaAc, 16, above + 4, leftFull + 4) || isFull;
  return readSquare(bools, 2, 0, 2, steps.chromaDc, steps.chromaAc, 20, above + 6, leftFull + 6) || isFull;
}

/** Reads `side` by `side` blocks of 4 by 4. */
function readSquare(
  bools: Bools, kind: i32, first: i32, side: usize, dc: i32, ac: i32, from: usize, above: usize, beside: usize,
): bool {
  const odds = oddsOf(kind);
  let isFull = false;
  let index = from;
  for (let y: usize = 0; y < side; y++) {
    let left = <i32>load<u8>(beside + y);
    for (let x: usize = 0; x < side; x++) {
      const block = blocks + index * 32;
      const end = readCoefficients(bools, odds, left + <i32>load<u8>(above + x), first, dc, ac, block);
      left = <i32>(end > first);
      store<u8>(above + x, <u8>left);
      store<u8>(ends + index, <u8>end);
      isFull = isFull || end > 1 || load<i16>(block) != 0;
      index++;
    }
    store<u8>(beside + y, <u8>left);
  }
  return isFull;
}

function drawLuma(x: i32, y: i32, across: i32, isSmall: bool, isFull: bool): void {
  const stride = <usize>component(0).stride;
  const at = component(0).plane + <usize>(y * 16) * stride + <usize>(x * 16);
  if (!isSmall) {
    predictLarge(load<u8>(modes), at, stride, 16, y > 0, x > 0);
    if (isFull) for (let index: usize = 0; index < 16; index++) addBlock(index, placeOf(at, index, stride), stride);
    return;
  }
  // The samples above at the right serve all four rows of blocks: those below are not decoded yet.
  const corner = at - stride + 16;
  if (y > 0 && x == across - 1) store<u32>(corner, <u32>load<u8>(corner - 1) * 0x01010101);
  const samples = load<u32>(corner);
  for (let row: usize = 1; row < 4; row++) store<u32>(corner + row * 4 * stride, samples);
  for (let index: usize = 0; index < 16; index++) {
    const place = placeOf(at, index, stride);
    predictSmall(load<u8>(modes + index), place, stride);
    if (isFull) addBlock(index, place, stride);
  }
}

// @ts-ignore: decorator
@inline
function placeOf(at: usize, index: usize, stride: usize): usize {
  return at + (index >> 2) * 4 * stride + (index & 3) * 4;
}

function drawChroma(index: i32, x: i32, y: i32, mode: i32, isFull: bool): void {
  const stride = <usize>component(index).stride;
  const at = component(index).plane + <usize>(y * 8) * stride + <usize>(x * 8);
  predictLarge(mode, at, stride, 8, y > 0, x > 0);
  if (!isFull) return;
  const first: usize = index == 1 ? 16 : 20;
  for (let block: usize = 0; block < 4; block++) {
    addBlock(first + block, at + (block >> 1) * 4 * stride + (block & 1) * 4, stride);
  }
}

function addBlock(index: usize, at: usize, stride: usize): void {
  const block = blocks + index * 32;
  const end = <i32>load<u8>(ends + index);
  if (end > 3 || (end > 1 && index >= 16)) addTransform(block, at, stride);
  else if (end > 1) addLowest(block, at, stride);
  else if (load<i16>(block) != 0) addMean(load<i16>(block), at, stride);
}
