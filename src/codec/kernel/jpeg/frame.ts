import * as bits from './bits';
import { readBlock, readBlockInPairs, readCoefficients, readDc, refineCoefficients, refineDc, restart } from './blocks';
import { Component, component, ZIGZAG } from '../planes/component';
import { tableAt } from './huffman';
import { LAST_OF_QUARTER, transform2, transform8 } from './idct';
import { allocate } from '../planes/memory';
import { pairsAt, preparePairs } from './pairs';
import { prepareSkips, skipsAt } from './skips';

let components: i32 = 0;
let mcusAcross: i32 = 0;
let mcusDown: i32 = 0;
let isProgressive: bool = false;
/** How often each side is halved in decoding: 0 or 2; -1: samples are only checked, not decoded. */
let halvings: i32 = 0;
let stretch: usize = 0;
/** The last coefficient of a sequential block that is read; those after it are skipped. */
let wanted: i32 = 63;

/** Whether the coefficients of sequential blocks are read two at a time. */
let inPairs: bool = false;

/** Bytes of entropy code from which skip tables and pair tables save more time than they cost. */
const TABLES_FROM_BYTES: usize = 16 * 1024;

const quantisations = memory.data(4 * 128, 16);
/** A block, and room for a coefficient beyond it. */
const block = memory.data(144, 16);

function quantisationAt(slot: i32): usize {
  return quantisations + <usize>slot * 128;
}

/** Sets a table from the 64 bytes at `spec`, in zigzag order. */
export function setQuantisation(slot: i32, spec: usize): void {
  for (let index: usize = 0; index < 64; index++) {
    store<i16>(quantisationAt(slot) + (<usize>load<u8>(ZIGZAG + index) << 1), load<u8>(spec + index));
  }
}

/** Begins an image. Call `setComponent` for each component next, then `allocateFrame`. */
export function setFrame(width: i32, height: i32, count: i32, progressive: bool, shrink: i32): void {
  components = count;
  isProgressive = progressive;
  halvings = shrink;
  mcusAcross = width;
  mcusDown = height;
}

export function setComponent(index: i32, across: i32, down: i32, quantisation: i32): void {
  const part = component(index);
  part.across = across;
  part.down = down;
  part.quantisation = quantisationAt(quantisation);
}

export function allocateFrame(inputBytes: usize): void {
  const width = mcusAcross;
  const height = mcusDown;
  let maxAcross: i32 = 1;
  let maxDown: i32 = 1;
  for (let index: i32 = 0; index < components; index++) {
    maxAcross = max(maxAcross, component(index).across);
    maxDown = max(maxDown, component(index).down);
  }
  mcusAcross = divideUp(width, 8 * maxAcross);
  mcusDown = divideUp(height, 8 * maxDown);
  stretch = allocate(bits.roomFor(inputBytes));
  for (let index: i32 = 0; index < components; index++) {
    const part = component(index);
    part.blocksAcross = mcusAcross * part.across;
    part.blocksDown = mcusDown * part.down;
    part.ownBlocksAcross = divideUp(divideUp(width * part.across, maxAcross), 8);
    part.ownBlocksDown = divideUp(divideUp(height * part.down, maxDown), 8);
    const blocks = <usize>part.blocksAcross * <usize>part.blocksDown;
    if (halvings >= 0) {
      part.stride = (part.blocksAcross * 8) >> halvings;
      part.plane = allocate(<usize>part.stride * <usize>((part.blocksDown * 8) >> halvings));
    }
    part.coefficients = isProgressive ? allocate(blocks * 128) : 0;
    if (isProgressive) memory.fill(part.coefficients, 0, blocks * 128);
  }
}

function divideUp(a: i32, b: i32): i32 {
  return (a + b - 1) / b;
}

/** Sets the Huffman tables of a component for the scan that follows. */
export function setTables(index: i32, dc: i32, ac: i32): void {
  component(index).dcTable = tableAt(0, dc);
  component(index).acTable = tableAt(1, ac);
  component(index).skips = skipsAt(ac);
  component(index).pairs = pairsAt(ac);
}

/** A scan holds coefficients `first` to `last` down to bit `low`; `high` is the bit where an earlier scan ended. */
let first: i32 = 0;
let last: i32 = 63;
let high: i32 = 0;
let low: i32 = 0;

/** The components of the scan, a bit for each. */
let members: i32 = 0;

/**
 * Decodes a scan of the components in `mask`, a bit for each.
 *
 * @param surplus accepts so many bytes behind the last block
 * @returns the address of the next marker; 0 if the scan is damaged in any way
 */
export function decodeScan(
  from: usize, end: usize, mask: i32, restartInterval: i32, firstAt: i32, lastAt: i32, highBit: i32, lowBit: i32,
  surplus: i32,
): usize {
  members = mask;
  first = firstAt;
  last = lastAt;
  high = highBit;
  low = lowBit;
  const alone = popcnt(mask) == 1;
  const only = <i32>ctz(mask);
  const across = alone ? component(only).ownBlocksAcross : mcusAcross;
  const down = alone ? component(only).ownBlocksDown : mcusDown;
  const units = across * down;
  wanted = lastWanted(end - from);
  inPairs = !isProgressive && halvings == 0 && end - from >= TABLES_FROM_BYTES;
  if (wanted < 63 || inPairs) prepareTables();
  let marker = begin(from, end);
  let left = restartInterval == 0 ? units : restartInterval;
  let restarts: i32 = 0;
  for (let y: i32 = 0; y < down; y++) {
    for (let x: i32 = 0; x < across; x++) {
      if (left == 0) {
        if (!bits.isUsedUpTo(0) || marker + 2 >= end || load<u8>(marker + 1) != 0xd0 + (restarts & 7)) return 0;
        marker = begin(marker + 2, end);
        restarts++;
        left = restartInterval;
      }
      left--;
      if (alone ? !decodeOne(component(only), x, y) : !decodeUnit(x, y)) return 0;
    }
    if (bits.isOverdrawn()) return 0;
  }
  return bits.isUsedUpTo(surplus) && marker < end ? marker : 0;
}

function lastWanted(bytes: usize): i32 {
  if (isProgressive) return 63;
  if (halvings == 2) return LAST_OF_QUARTER;
  return halvings < 0 && bytes >= TABLES_FROM_BYTES ? 0 : 63;
}

function prepareTables(): void {
  let last: usize = 0;
  for (let index: i32 = 0; index < components; index++) {
    const part = component(index);
    if (!isMember(index) || part.skips == last) continue;
    last = part.skips;
    if (inPairs) preparePairs(part.acTable, part.pairs);
    else prepareSkips(part.acTable, last);
  }
}

// @ts-ignore: decorator
@inline
function isMember(index: i32): bool {
  return ((members >> index) & 1) != 0;
}

/** Prepares the entropy code from `from` on. Returns the address of the next marker, behind bytes that fill up. */
function begin(from: usize, end: usize): usize {
  for (let index: i32 = 0; index < components; index++) component(index).predictor = 0;
  restart();
  let marker = bits.openStretch(from, end, stretch);
  while (marker + 1 < end && load<u8>(marker + 1) == 0xff) marker++;
  return marker;
}

function decodeUnit(x: i32, y: i32): bool {
  for (let index: i32 = 0; index < components; index++) {
    if (!isMember(index)) continue;
    const part = component(index);
    const across = part.across;
    const down = part.down;
    for (let v: i32 = 0; v < down; v++) {
      for (let h: i32 = 0; h < across; h++) {
        if (!decodeOne(part, x * across + h, y * down + v)) return false;
      }
    }
  }
  return true;
}

function decodeOne(part: Component, x: i32, y: i32): bool {
  if (!isProgressive) {
    for (let at: usize = 0; at < 128; at += 16) v128.store(block + at, i64x2.splat(0));
    if (inPairs ? !readBlockInPairs(part, block) : !readBlock(part, block, wanted)) return false;
    if (halvings >= 0) transform(part, block, x, y);
    return true;
  }
  const at = part.coefficients + (<usize>(y * part.blocksAcross + x) << 7);
  if (first == 0) {
    if (high == 0) return readDc(part, at, low);
    refineDc(at, low);
    return true;
  }
  if (high == 0) return readCoefficients(part.acTable, at, first, last, last, low) != 0;
  return refineCoefficients(part.acTable, at, first, last, low);
}

function transform(part: Component, from: usize, x: i32, y: i32): void {
  const size = 8 >> halvings;
  const to = part.plane + <usize>(y * size * part.stride + x * size);
  if (halvings == 0) transform8(from, part.quantisation, to, part.stride);
  else transform2(from, part.quantisation, to, part.stride);
}

/** Turns the coefficients that the scans of a progressive image have collected into samples. */
export function finishFrame(): void {
  if (!isProgressive || halvings < 0) return;
  for (let index: i32 = 0; index < components; index++) {
    const part = component(index);
    for (let y: i32 = 0; y < part.blocksDown; y++) {
      for (let x: i32 = 0; x < part.blocksAcross; x++) {
        transform(part, part.coefficients + (<usize>(y * part.blocksAcross + x) << 7), x, y);
      }
    }
  }
}
