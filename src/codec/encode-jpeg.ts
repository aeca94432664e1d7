import { AC_CODES, DC_CODES, quantisationTables } from './jpeg-tables.ts';
import type { Kernel } from './kernel-module.ts';
import type { Size } from './resample/plan.ts';

/** Maximum bytes of entropy code for a block of 64 samples, including stuffed zeros. */
const BLOCK_BYTES = 512;

/** Samples in the kernel's memory, extended to whole MCUs. */
export interface Plane {
  readonly at: number;
  readonly stride: number;
}

export interface PlanarImage extends Size {
  /** Luma, or luma and two planes of chroma with half as many samples each way. */
  readonly planes: readonly [Plane] | readonly [Plane, Plane, Plane];
}

/** Size in pixels to which an image is extended: whole MCUs, with one block (gray) or four blocks of luma. */
export function fullSize({ width, height }: Size, isGray: boolean): Size {
  const side = isGray ? 8 : 16;
  return { width: Math.ceil(width / side) * side, height: Math.ceil(height / side) * side };
}

/** Writes JPEGs of one quality with the standard's Huffman codes. */
export class JpegEncoder {
  readonly #kernel: Kernel;
  readonly #headers: readonly [gray: Buffer, colour: Buffer];

  constructor(kernel: Kernel, quality: number) {
    this.#kernel = kernel;
    const tables = quantisationTables(quality);
    this.#headers = [makeHeader(tables.slice(0, 1)), makeHeader(tables)];
    kernel.reset();
    const at = kernel.allocate(256);
    const give = (bytes: Uint8Array) => new Uint8Array(kernel.memory.buffer).set(bytes, at);
    for (const slot of [0, 1] as const) {
      give(DC_CODES[slot]);
      kernel.setEncoderTable(0, slot, at);
      give(AC_CODES[slot]);
      kernel.setEncoderTable(1, slot, at);
      give(tables[slot]);
      kernel.setEncoderQuantisation(slot, at);
    }
  }

  encode({ width, height, planes: [y, cb, cr] }: PlanarImage): Buffer {
    const kernel = this.#kernel;
    const isGray = cb === undefined;
    const full = fullSize({ width, height }, isGray);
    const side = isGray ? 8 : 16;
    const [across, down] = [full.width / side, full.height / side];
    const start = kernel.allocate(across * down * (isGray ? 1 : 6) * BLOCK_BYTES);
    const end = kernel.encodeScan(
      y.at,
      cb?.at ?? 0,
      cr?.at ?? 0,
      y.stride,
      cb?.stride ?? 0,
      across,
      down,
      start,
    );
    const header = this.#headers[isGray ? 0 : 1];
    const jpeg = Buffer.allocUnsafe(header.length + end - start + 2);
    header.copy(jpeg);
    const frame = header.length - frameHeader(isGray).length - scanHeader(isGray).length;
    jpeg.writeUInt16BE(height, frame + 5);
    jpeg.writeUInt16BE(width, frame + 7);
    jpeg.set(new Uint8Array(kernel.memory.buffer, start, end - start), header.length);
    jpeg.writeUInt16BE(0xffd9, jpeg.length - 2);
    return jpeg;
  }
}

function makeHeader(tables: readonly Uint8Array[]): Buffer {
  const isGray = tables.length === 1;
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1')),
    ...tables.map((table, slot) => segment(0xdb, Buffer.of(slot), table)),
    ...tables.flatMap((_, slot) => [
      segment(0xc4, Buffer.of(slot), DC_CODES[slot] ?? Buffer.of()),
      segment(0xc4, Buffer.of(0x10 | slot), AC_CODES[slot] ?? Buffer.of()),
    ]),
    frameHeader(isGray),
    scanHeader(isGray),
  ]);
}

function frameHeader(isGray: boolean): Buffer {
  const components = isGray ? [1, 0x11, 0] : [1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1];
  return segment(0xc0, Buffer.of(8, 0, 0, 0, 0, components.length / 3, ...components));
}

function scanHeader(isGray: boolean): Buffer {
  const components = isGray ? [1, 0] : [1, 0, 2, 0x11, 3, 0x11];
  return segment(0xda, Buffer.of(components.length / 2, ...components, 0, 63, 0));
}

function segment(marker: number, ...payload: readonly Uint8Array[]): Buffer {
  const length = payload.reduce((sum, { length }) => sum + length, 2);
  return Buffer.concat([Buffer.of(0xff, marker, length >> 8, length & 255), ...payload]);
}
