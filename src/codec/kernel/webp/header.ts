import { Bools, boolsAt, isBeyond, openBools, readBool, readNumber, readOffset } from './bools';
import { setOdds } from './coefficients';
import { Strength } from './deblock';
import { AC_STEPS, CHANGE_ODDS, DC_STEPS, FIRST_ODDS } from './tables';

/** Bytes before the first partition: a tag, a start code and the size. */
const TAG_BYTES: usize = 10;

/** Quantisation of one segment: luma, means of luma, chroma; the first coefficient and the others of each. */
@unmanaged
export class Steps {
  lumaDc: i32;
  lumaAc: i32;
  meanDc: i32;
  meanAc: i32;
  chromaDc: i32;
  chromaAc: i32;
}

const steps = memory.data(4 * 32, 16);
const strengths = memory.data(8 * 16, 16);
const segmentOdds = memory.data(3);
const bands = memory.data(1056);
const changes = memory.data(8 * 4, 16);

/** Whether each block has a segment. */
export let hasSegments: bool = false;
/** The odds that a block has coefficients; -1: all have. */
export let emptyOdds: i32 = -1;
/** Number of partitions with coefficients, less one. */
export let partitionMask: i32 = 0;
/** 0: no edges are smoothed; 1: simply; 2: fully. */
export let smoothing: i32 = 0;

export function stepsOf(segment: i32): Steps {
  return changetype<Steps>(steps + <usize>segment * 32);
}

export function strengthOf(segment: i32, isSmall: i32): Strength {
  return changetype<Strength>(strengths + <usize>(segment * 2 + isSmall) * 16);
}

/** Reads a block's segment. */
export function readSegment(bools: Bools): i32 {
  if (readBool(bools, load<u8>(segmentOdds)) == 0) return readBool(bools, load<u8>(segmentOdds, 1));
  return 2 + readBool(bools, load<u8>(segmentOdds, 2));
}

/** Reads everything before the blocks (9). False if it is damaged or unusual. */
export function readFrameHeader(from: usize, bytes: usize): bool {
  if (bytes < TAG_BYTES) return false;
  const tag = load<u32>(from) & 0xffffff;
  const first = <usize>(tag >> 5);
  const start = from + TAG_BYTES;
  const end = from + bytes;
  // A key frame of a known version that is shown.
  if ((tag & 1) != 0 || ((tag >> 1) & 7) > 3 || ((tag >> 4) & 1) == 0 || first > bytes - TAG_BYTES) return false;
  const bools = boolsAt(0);
  if (!openBools(bools, start, start + first)) return false;
  // The kind of colours and whether values need clipping, both without effect on the samples.
  readNumber(bools, 2);
  readSegments(bools);
  readSmoothing(bools);
  if (!openPartitions(readNumber(bools, 2), start + first, end)) return false;
  readSteps(bools);
  readBool(bools, 128);
  readOdds(bools);
  return !isBeyond(bools);
}

/** Whether `changes` holds a quantisation index and a strength for each of four segments. */
let isSegmented: bool = false;
/** Whether these are added to those of the whole frame. */
let isAdded: bool = false;

function readSegments(bools: Bools): void {
  memory.fill(changes, 0, 32);
  memory.fill(segmentOdds, 255, 3);
  hasSegments = false;
  isSegmented = readBool(bools, 128) != 0;
  isAdded = false;
  if (!isSegmented) return;
  hasSegments = readBool(bools, 128) != 0;
  if (readBool(bools, 128) != 0) {
    isAdded = readBool(bools, 128) == 0;
    for (let index: usize = 0; index < 4; index++) store<i32>(changes + index * 4, readOffset(bools, 7));
    for (let index: usize = 0; index < 4; index++) store<i32>(changes + index * 4, readOffset(bools, 6), 16);
  }
  if (hasSegments) {
    for (let index: usize = 0; index < 3; index++) {
      if (readBool(bools, 128) != 0) store<u8>(segmentOdds + index, readNumber(bools, 8));
    }
  }
}

function readSmoothing(bools: Bools): void {
  const isSimple = readBool(bools, 128);
  const level = readNumber(bools, 6);
  const sharpness = readNumber(bools, 3);
  let ofFrame = 0;
  let ofSmall = 0;
  if (readBool(bools, 128) != 0 && readBool(bools, 128) != 0) {
    // The others are for frames of a video.
    ofFrame = readOffset(bools, 6);
    for (let index = 0; index < 3; index++) readOffset(bools, 6);
    ofSmall = readOffset(bools, 6);
    for (let index = 0; index < 3; index++) readOffset(bools, 6);
  }
  smoothing = level == 0 ? 0 : isSimple ? 1 : 2;
  for (let segment = 0; segment < 4; segment++) {
    const own = load<i32>(changes + <usize>segment * 4, 16);
    const base = !isSegmented ? level : isAdded ? level + own : own;
    setStrength(strengthOf(segment, 0), base + ofFrame, sharpness);
    setStrength(strengthOf(segment, 1), base + ofFrame + ofSmall, sharpness);
  }
}

function setStrength(strength: Strength, wanted: i32, sharpness: i32): void {
  const level = max(0, min(63, wanted));
  let inner = level;
  if (sharpness > 0) inner = min(inner >> (sharpness > 4 ? 2 : 1), 9 - sharpness);
  inner = max(inner, 1);
  strength.inner = inner;
  strength.limit = level == 0 ? 0 : 2 * level + inner;
  strength.sharp = level >= 40 ? 2 : level >= 15 ? 1 : 0;
}

/** Opens the partitions with coefficients: 2 to the power of `power`, the sizes of all but the last before them. */
function openPartitions(power: i32, from: usize, end: usize): bool {
  const count = 1 << power;
  partitionMask = count - 1;
  let start = from + <usize>(3 * (count - 1));
  if (start > end) return false;
  for (let index = 0; index < count - 1; index++) {
    const size = <usize>(load<u32>(from + <usize>(3 * index)) & 0xffffff);
    if (size > end - start) return false;
    if (!openBools(boolsAt(1 + index), start, start + size)) return false;
    start += size;
  }
  return openBools(boolsAt(count), start, end) && start < end;
}

function readSteps(bools: Bools): void {
  const base = readNumber(bools, 7);
  const lumaDc = readOffset(bools, 4);
  const meanDc = readOffset(bools, 4);
  const meanAc = readOffset(bools, 4);
  const chromaDc = readOffset(bools, 4);
  const chromaAc = readOffset(bools, 4);
  for (let segment = 0; segment < 4; segment++) {
    const own = load<i32>(changes + <usize>segment * 4);
    const index = !isSegmented ? base : isAdded ? base + own : own;
    const ofSegment = stepsOf(segment);
    ofSegment.lumaDc = dcStep(index + lumaDc, 127);
    ofSegment.lumaAc = acStep(index);
    ofSegment.meanDc = dcStep(index + meanDc, 127) * 2;
    ofSegment.meanAc = max(8, acStep(index + meanAc) * 155 / 100);
    ofSegment.chromaDc = dcStep(index + chromaDc, 117);
    ofSegment.chromaAc = acStep(index + chromaAc);
  }
}

function dcStep(index: i32, most: i32): i32 {
  return load<u8>(DC_STEPS + <usize>max(0, min(most, index)));
}

function acStep(index: i32): i32 {
  return load<u16>(AC_STEPS + (<usize>max(0, min(127, index)) << 1));
}

function readOdds(bools: Bools): void {
  for (let index: usize = 0; index < 1056; index++) {
    const isNew = readBool(bools, load<u8>(CHANGE_ODDS + index)) != 0;
    store<u8>(bands + index, isNew ? readNumber(bools, 8) : load<u8>(FIRST_ODDS + index));
  }
  setOdds(bands);
  emptyOdds = readBool(bools, 128) != 0 ? readNumber(bools, 8) : -1;
}
