import { type JpegHeader, MARKER, readSegment, type Segment } from './jpeg-header.ts';
import type { Kernel } from './kernel-module.ts';

/** The kernel uses at most this much memory for the source. */
const MAX_BYTES = 96 * 2 ** 20;

/** Instead of a number of halvings: makes no samples, only checks that the image is intact. */
export const CHECK_ONLY = -1;

/**
 * Decodes an image to planes in the kernel's memory; false where anything about it is damaged or unusual.
 *
 * @param halvings how often each side is halved, up to 2, each sample being the mean of those that it replaces; or CHECK_ONLY
 */
export function decodeJpeg(kernel: Kernel, bytes: Uint8Array, header: JpegHeader, halvings: number): boolean {
  if (memoryNeeded(bytes, header, halvings) > MAX_BYTES) return false;
  kernel.reset();
  const input = kernel.allocate(bytes.length);
  kernel.setFrame(
    header.width,
    header.height,
    header.components.length,
    header.progressive ? 1 : 0,
    halvings,
  );
  for (const [index, { across, down, quantisation }] of header.components.entries())
    kernel.setComponent(index, across, down, quantisation);
  kernel.allocateFrame(bytes.length);
  new Uint8Array(kernel.memory.buffer, input, bytes.length).set(bytes);
  return new Scans(kernel, bytes, header, input).decode();
}

/** Bytes for two copies of the file, the samples and, for a progressive JPEG, 16 bits for each coefficient. */
function memoryNeeded(bytes: Uint8Array, header: JpegHeader, halvings: number): number {
  const [luma, ...chroma] = header.components;
  const perPixel = 1 + chroma.length / ((luma?.across ?? 1) * (luma?.down ?? 1));
  const samples = header.width * header.height * perPixel;
  const planes = halvings === CHECK_ONLY ? 0 : samples / 4 ** halvings;
  return 2 * bytes.length + planes + (header.progressive ? 2 * samples : 0);
}

class Scans {
  readonly #kernel: Kernel;
  readonly #bytes: Uint8Array;
  readonly #header: JpegHeader;
  readonly #input: number;
  #restartInterval = 0;
  /** Slots of the tables that are defined so far. */
  readonly #quantisations = new Set<number>();
  readonly #huffmans = new Set<number>();
  /** For each component and coefficient the lowest bit that is known; -1: none. */
  readonly #known: readonly Int8Array[];

  constructor(kernel: Kernel, bytes: Uint8Array, header: JpegHeader, input: number) {
    this.#kernel = kernel;
    this.#bytes = bytes;
    this.#header = header;
    this.#input = input;
    this.#known = header.components.map(() => new Int8Array(64).fill(-1));
  }

  decode(): boolean {
    if (!this.#header.segments.every((segment) => this.#define(segment))) return false;
    if (!this.#header.components.every(({ quantisation }) => this.#quantisations.has(quantisation)))
      return false;
    let at = this.#header.scansAt;
    while (this.#bytes[at + 1] !== MARKER.end) {
      const segment = readSegment(this.#bytes, at);
      if (segment === null) return false;
      if (segment.marker === MARKER.scan) {
        at = this.#scan(segment);
        if (at === 0) return false;
      } else {
        // Quantisation tables between scans are legal, but practically never occur.
        if (segment.marker === 0xdb || !this.#define(segment)) return false;
        at = segment.end;
      }
    }
    if (!this.#known.every((bits) => bits.every((bit) => bit === 0))) return false;
    this.#kernel.finishFrame();
    return true;
  }

  #define({ marker, start, end }: Segment): boolean {
    if (marker === 0xdb) return this.#defineQuantisation(start, end);
    if (marker === MARKER.huffman) return this.#defineHuffman(start, end);
    if (marker !== 0xdd || end - start !== 2) return marker === 0xfe || (marker & 0xf0) === 0xe0;
    this.#restartInterval = this.#word(start);
    return true;
  }

  #defineQuantisation(start: number, end: number): boolean {
    let at = start;
    while (at + 65 <= end) {
      const slot = this.#byte(at);
      if (slot > 3) return false;
      this.#kernel.setQuantisation(slot, this.#input + at + 1);
      this.#quantisations.add(slot);
      at += 65;
    }
    return at === end;
  }

  #defineHuffman(start: number, end: number): boolean {
    let at = start;
    while (at + 17 <= end) {
      const [kind, slot] = [this.#byte(at) >> 4, this.#byte(at) & 15];
      let symbols = 0;
      for (let length = 1; length <= 16; length++) symbols += this.#byte(at + length);
      if (kind > 1 || slot > 3 || at + 17 + symbols > end) return false;
      if (!this.#kernel.setHuffmanTable(kind, slot, this.#input + at + 1)) return false;
      this.#huffmans.add(kind * 4 + slot);
      at += 17 + symbols;
    }
    return at === end;
  }

  /** The offset behind a scan; 0 where it is damaged. */
  #scan({ start, end }: Segment): number {
    const { components, progressive } = this.#header;
    const count = this.#byte(start);
    if (end - start !== 4 + 2 * count || (count !== 1 && count !== components.length)) return 0;
    const [first, last] = [this.#byte(end - 3), this.#byte(end - 2)];
    const [high, low] = [this.#byte(end - 1) >> 4, this.#byte(end - 1) & 15];
    if (
      progressive
        ? last > 63 || first > last || low > 13
        : first !== 0 || last !== 63 || high !== 0 || low !== 0
    )
      return 0;
    if (progressive && (first === 0) !== (last === 0)) return 0;
    if (progressive && first > 0 && count !== 1) return 0;
    let only = -1;
    for (let place = 0; place < count; place++) {
      const [id, tables] = [this.#byte(start + 1 + 2 * place), this.#byte(start + 2 + 2 * place)];
      const index = components.findIndex((component) => component.id === id);
      if (index === -1 || (count > 1 && index !== place)) return 0;
      if (count === 1 && components.length > 1) only = index;
      const [dc, ac] = [tables >> 4, tables & 15];
      const needsDc = first === 0 && high === 0;
      if (needsDc && !this.#huffmans.has(dc)) return 0;
      if (last > 0 && !this.#huffmans.has(4 + ac)) return 0;
      this.#kernel.setTables(index, dc & 3, ac & 3);
      const known = this.#known[index];
      for (let at = first; known !== undefined && at <= last; at++) {
        if (known[at] !== (high === 0 ? -1 : high)) return 0;
        if (high !== 0 && low !== high - 1) return 0;
        known[at] = low;
      }
    }
    const [from, to] = [this.#input + end, this.#input + this.#bytes.length];
    const marker = this.#kernel.decodeScan(from, to, only, this.#restartInterval, first, last, high, low);
    return marker === 0 ? 0 : marker - this.#input;
  }

  #byte(at: number): number {
    return this.#bytes[at] ?? 0;
  }

  #word(at: number): number {
    return this.#byte(at) * 256 + this.#byte(at + 1);
  }
}
