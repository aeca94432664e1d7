import {
  findMarker,
  type JpegHeader,
  MARKER,
  readSegment,
  readUnusualJpegHeader,
  type Segment,
} from './jpeg-header.ts';
import type { Kernel } from './kernel-module.ts';

/** The kernel uses at most this much memory for the source. */
const MAX_BYTES = 96 * 2 ** 20;

/** In place of a number of halvings: makes no samples, only checks that the image is intact. */
export const CHECK_ONLY = -1;

/**
 * Decodes an image to planes in the kernel's memory; false if anything about it is damaged or unusual.
 *
 * @param halvings how often each side is halved, by means of samples: 0 or 2; or CHECK_ONLY
 */
export function decodeJpeg(kernel: Kernel, bytes: Uint8Array, header: JpegHeader, halvings: number): boolean {
  if (memoryNeeded(bytes, header, halvings) > MAX_BYTES) return false;
  return openScans(kernel, bytes, header, halvings, false).decode();
}

/**
 * Whether the entropy code of a Huffman-coded JPEG with 8 bits, of whatever colours, has every pixel, and libjpeg reads
 * it to the end. Surplus bytes that lose no pixel, and headers that libjpeg only warns about, do no harm. Null if the codec cannot tell: the JPEG is
 * of another kind, or needs too much memory.
 */
export function hasAllPixels(kernel: Kernel, bytes: Uint8Array): boolean | null {
  const header = readUnusualJpegHeader(bytes);
  if (header === null || memoryNeeded(bytes, header, CHECK_ONLY) > MAX_BYTES) return null;
  return openScans(kernel, bytes, header, CHECK_ONLY, true).decode();
}

function openScans(
  kernel: Kernel,
  bytes: Uint8Array,
  header: JpegHeader,
  halvings: number,
  lenient: boolean,
): Scans {
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
    kernel.setComponent(index, across, down, quantisation & 3);
  kernel.allocateFrame(bytes.length);
  new Uint8Array(kernel.memory.buffer, input, bytes.length).set(bytes);
  return new Scans(kernel, bytes, header, input, lenient);
}

/** Bytes for two copies of the file, the samples and, for a progressive JPEG, 16 bits for each coefficient. */
function memoryNeeded(bytes: Uint8Array, header: JpegHeader, halvings: number): number {
  const areas = header.components.map(({ across, down }) => across * down);
  const perPixel = areas.reduce((sum, area) => sum + area, 0) / Math.max(...areas);
  const samples = header.width * header.height * perPixel;
  const planes = halvings === CHECK_ONLY ? 0 : samples / 4 ** halvings;
  return 2 * bytes.length + planes + (header.progressive ? 2 * samples : 0);
}

/** Coefficients `first` to `last` down to bit `low`; `high` is the bit where an earlier scan ended. */
interface ScanPart {
  readonly first: number;
  readonly last: number;
  readonly high: number;
  readonly low: number;
}

class Scans {
  readonly #kernel: Kernel;
  readonly #bytes: Uint8Array;
  readonly #header: JpegHeader;
  readonly #input: number;
  /** Accepts what libjpeg only warns about, if no pixel is missing. */
  readonly #lenient: boolean;
  #restartInterval = 0;
  /** Slots of the tables that are defined so far. */
  readonly #quantisations = new Set<number>();
  readonly #huffmans = new Set<number>();
  /** The lowest known bit of each coefficient of each component; -1: none. */
  readonly #known: readonly Int8Array[];
  /** One scan of all components of a sequential JPEG has been read; libjpeg expects its end. */
  #isWhole = false;

  constructor(kernel: Kernel, bytes: Uint8Array, header: JpegHeader, input: number, lenient: boolean) {
    this.#kernel = kernel;
    this.#bytes = bytes;
    this.#header = header;
    this.#input = input;
    this.#lenient = lenient;
    this.#known = header.components.map(() => new Int8Array(64).fill(-1));
  }

  decode(): boolean {
    const { segments, components, scansAt } = this.#header;
    if (!segments.every((segment) => this.#define(segment))) return false;
    if (!this.#lenient && !components.every(({ quantisation }) => this.#quantisations.has(quantisation)))
      return false;
    let at = scansAt;
    while (this.#bytes[at + 1] !== MARKER.end) {
      const segment = readSegment(this.#bytes, at);
      if (segment === null) return false;
      if (segment.marker === MARKER.scan) {
        at = this.#scan(segment);
        if (at === 0) return false;
      } else {
        // Quantisation tables between scans are legal, but practically never occur.
        if (!this.#lenient && segment.marker === 0xdb) return false;
        if (!this.#define(segment)) return false;
        at = segment.end;
      }
      const next = this.#lenient ? findMarker(this.#bytes, at) : at;
      if (next - at > this.#acceptedSurplus()) return false;
      at = next;
    }
    if (!this.#known.every((bits) => this.#isComplete(bits))) return false;
    this.#kernel.finishFrame();
    return true;
  }

  /** Some progressive JPEGs leave out fine detail on purpose; every reader accepts that. */
  #isComplete(bits: Int8Array): boolean {
    return this.#lenient ? bits[0] !== -1 : bits.every((bit) => bit === 0);
  }

  #define({ marker, start, end }: Segment): boolean {
    if (marker === 0xdb) return this.#defineQuantisation(start, end);
    if (marker === MARKER.huffman) return this.#defineHuffman(start, end);
    if (marker !== 0xdd) return this.#isIgnored(marker);
    if (end - start !== 2) return false;
    this.#restartInterval = this.#word(start);
    return true;
  }

  /** Comments and application data; in lenient reading also what belongs to arithmetic code and to unknown heights. */
  #isIgnored(marker: number): boolean {
    if (marker === 0xfe || (marker & 0xf0) === 0xe0) return true;
    return this.#lenient && (marker === 0xcc || marker === 0xdc);
  }

  #defineQuantisation(start: number, end: number): boolean {
    for (let at = start; at < end; ) {
      const [isDeep, slot] = [this.#byte(at) > 15, this.#byte(at) & 15];
      const next = at + 1 + (isDeep ? 128 : 64);
      if (slot > 3 || next > end || (isDeep && !this.#lenient)) return false;
      if (!isDeep) this.#kernel.setQuantisation(slot, this.#input + at + 1);
      this.#quantisations.add(slot);
      at = next;
    }
    return true;
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

  /** The offset behind a scan; 0 if it is damaged. */
  #scan({ start, end }: Segment): number {
    const { components } = this.#header;
    const count = this.#byte(start);
    if (end - start !== 4 + 2 * count || count < 1 || count > components.length) return 0;
    const part = this.#readPart(end, count);
    if (part === null || this.#isWhole) return 0;
    const isFirst = this.#known.every((bits) => bits[0] === -1);
    this.#isWhole = isFirst && count === components.length && !this.#header.progressive;
    let mask = 0;
    for (let place = 0; place < count; place++) {
      const [id, tables] = [this.#byte(start + 1 + 2 * place), this.#byte(start + 2 + 2 * place)];
      const index = components.findIndex((component) => component.id === id);
      // In the order of the frame, each once.
      if (index === -1 || mask >> index !== 0) return 0;
      mask |= 1 << index;
      const [dc, ac] = [tables >> 4, tables & 15];
      if (part.first === 0 && part.high === 0 && !this.#huffmans.has(dc)) return 0;
      if (part.last > 0 && !this.#huffmans.has(4 + ac)) return 0;
      this.#kernel.setTables(index, dc & 3, ac & 3);
      if (!this.#learn(this.#known[index], part)) return 0;
    }
    const { first, last, high, low } = part;
    const [from, to] = [this.#input + end, this.#input + this.#bytes.length];
    const [interval, surplus] = [this.#restartInterval, this.#acceptedSurplus()];
    const marker = this.#kernel.decodeScan(from, to, mask, interval, first, last, high, low, surplus);
    return marker === 0 ? 0 : marker - this.#input;
  }

  /** Accepted bytes behind a scan or segment. More of them in a progressive JPEG come from a hole in a scan. */
  #acceptedSurplus(): number {
    if (!this.#lenient) return 0;
    return this.#header.progressive ? 64 : this.#bytes.length;
  }

  /** Which bits of which coefficients a scan holds, as the end of its header states; null if that is impossible. */
  #readPart(end: number, count: number): ScanPart | null {
    const [first, last] = [this.#byte(end - 3), this.#byte(end - 2)];
    const [high, low] = [this.#byte(end - 1) >> 4, this.#byte(end - 1) & 15];
    const part = { first, last, high, low };
    if (!this.#header.progressive) {
      const whole = { first: 0, last: 63, high: 0, low: 0 };
      return this.#lenient || (first === 0 && last === 63 && high === 0 && low === 0) ? whole : null;
    }
    if (last > 63 || first > last || low > 13 || (first === 0) !== (last === 0)) return null;
    return first > 0 && count !== 1 ? null : part;
  }

  /** Records the bits of a scan; false if they do not follow the known ones. */
  #learn(known: Int8Array | undefined, { first, last, high, low }: ScanPart): boolean {
    if (known === undefined || (high !== 0 && low !== high - 1)) return false;
    if (this.#lenient && first > 0 && known[0] === -1) return false;
    for (let at = first; at <= last; at++) {
      const bit = known[at] ?? -1;
      if (this.#lenient ? high !== Math.max(bit, 0) : bit !== (high === 0 ? -1 : high)) return false;
      known[at] = low;
    }
    return true;
  }

  #byte(at: number): number {
    return this.#bytes[at] ?? 0;
  }

  #word(at: number): number {
    return this.#byte(at) * 256 + this.#byte(at + 1);
  }
}
