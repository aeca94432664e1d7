import { addSegment, MAX_XMP_BYTES, noSegments, type Segments } from './segments.ts';

const C2PA_UUID = 'd8fec3d61b0e483c92975828877ec481';
const XMP_UUID = 'be7acfcb97a942e89c71999491e3afac';
/** Boxes that hold a store of manifests: the only one, and, of an image that was changed later, both. */
const C2PA_PURPOSES = ['manifest', 'original', 'update'];
const XMP_TYPE = 'application/rdf+xml';
const UUID_BYTES = 16;
/** Version and flags of a box that has them. */
const FULL_BYTES = 4;
const MAX_BOXES = 5_000;
const MAX_ITEMS = 2_000;
const MAX_EXTENTS = 256;

interface Box {
  readonly type: string;
  readonly from: number;
  readonly end: number;
}

/** Finds XMP, EXIF and C2PA in the boxes of an AVIF. */
export function avifSegments(bytes: Buffer): Segments {
  const segments = noSegments();
  for (const box of boxesIn(bytes, 0, bytes.length)) {
    if (box.type === 'uuid') takeUuid(segments, bytes, box);
    else if (box.type === 'meta') takeMeta(segments, bytes, box);
  }
  return segments;
}

function* boxesIn(bytes: Buffer, from: number, end: number): Generator<Box> {
  let at = from;
  for (let count = 0; count < MAX_BOXES && at + 8 <= end; count += 1) {
    const small = bytes.readUInt32BE(at);
    const isLarge = small === 1;
    if (isLarge && at + 16 > end) return;
    const size = isLarge ? Number(bytes.readBigUInt64BE(at + 8)) : small;
    const header = isLarge ? 16 : 8;
    // A size of 0 means the rest of the file.
    const next = size === 0 ? end : at + size;
    if (next < at + header) return;
    yield { type: bytes.toString('latin1', at + 4, at + 8), from: at + header, end: Math.min(next, end) };
    at = next;
  }
}

function takeUuid(segments: Segments, bytes: Buffer, { from, end }: Box): void {
  const uuid = bytes.toString('hex', from, Math.min(from + UUID_BYTES, end));
  const at = from + UUID_BYTES;
  if (uuid === XMP_UUID) addSegment(segments, 'xmp', bytes.subarray(at, end));
  if (uuid !== C2PA_UUID) return;
  // What the box is for, as a text that ends with 0, and 8 bytes of an offset stand before the manifest.
  const purpose = bytes.indexOf(0, at + FULL_BYTES);
  if (purpose === -1) return;
  if (C2PA_PURPOSES.includes(bytes.toString('latin1', at + FULL_BYTES, Math.min(purpose, at + 64)))) {
    addSegment(segments, 'jumbf', bytes.subarray(Math.min(purpose + 9, end), end));
  }
}

/** Items of metadata, where `iinf` says what they are and `iloc` where they stand. */
function takeMeta(segments: Segments, bytes: Buffer, meta: Box): void {
  const inside = [...boxesIn(bytes, Math.min(meta.from + FULL_BYTES, meta.end), meta.end)];
  const infos = inside.find(({ type }) => type === 'iinf');
  const places = inside.find(({ type }) => type === 'iloc');
  if (infos === undefined || places === undefined) return;
  const kinds = itemKinds(bytes, infos);
  if (kinds.size === 0) return;
  const data = inside.find(({ type }) => type === 'idat');
  for (const [item, pieces] of itemPieces(bytes, places, kinds, data)) {
    const whole = Buffer.concat(pieces);
    const kind = kinds.get(item);
    if (kind === 'xmp') addSegment(segments, 'xmp', whole);
    // The offset of the TIFF structure stands before it.
    else if (kind === 'exif' && whole.length > 4) {
      addSegment(segments, 'exif', whole.subarray(4 + Math.min(whole.readUInt32BE(0), whole.length)));
    }
  }
}

function itemKinds(bytes: Buffer, { from, end }: Box): Map<number, 'xmp' | 'exif'> {
  const kinds = new Map<number, 'xmp' | 'exif'>();
  if (from + 8 > end) return kinds;
  const start = from + FULL_BYTES + (bytes[from] === 0 ? 2 : 4);
  for (const { type, from: at, end: last } of boxesIn(bytes, start, end)) {
    const version = bytes[at] ?? 0;
    if (type !== 'infe' || version < 2 || kinds.size >= MAX_ITEMS) continue;
    const idBytes = version === 2 ? 2 : 4;
    const typeAt = at + FULL_BYTES + idBytes + 2;
    if (typeAt + 4 > last) continue;
    const id = bytes.readUIntBE(at + FULL_BYTES, idBytes);
    const kind = bytes.toString('latin1', typeAt, typeAt + 4);
    // The name of the item stands before the type of its content.
    if (kind === 'Exif') kinds.set(id, 'exif');
    else if (
      kind === 'mime' &&
      bytes
        .toString('latin1', typeAt + 4, last)
        .split('\0')[1]
        ?.toLowerCase() === XMP_TYPE
    )
      kinds.set(id, 'xmp');
  }
  return kinds;
}

/** Reads numbers of any width one after the other; 0 behind the end. */
class Numbers {
  at: number;
  readonly #bytes: Buffer;
  readonly #end: number;

  constructor(bytes: Buffer, from: number, end: number) {
    this.#bytes = bytes;
    this.at = from;
    this.#end = end;
  }

  get isOver(): boolean {
    return this.at > this.#end;
  }

  next(width: number): number {
    const from = this.at;
    this.at += width;
    if (width === 0 || this.at > this.#end) return 0;
    return width === 8 ? Number(this.#bytes.readBigUInt64BE(from)) : this.#bytes.readUIntBE(from, width);
  }
}

function* itemPieces(
  bytes: Buffer,
  { from, end }: Box,
  wanted: ReadonlyMap<number, unknown>,
  data: Box | undefined,
): Generator<readonly [number, Buffer[]]> {
  const numbers = new Numbers(bytes, from, end);
  const version = numbers.next(1);
  numbers.next(3);
  const [first, second] = [numbers.next(1), numbers.next(1)];
  const [offsetBytes, lengthBytes, baseBytes] = [first >> 4, first & 15, second >> 4];
  const indexBytes = version === 1 || version === 2 ? second & 15 : 0;
  if (![offsetBytes, lengthBytes, baseBytes, indexBytes].every((width) => [0, 4, 8].includes(width))) return;
  const count = Math.min(numbers.next(version < 2 ? 2 : 4), MAX_ITEMS);
  for (let item = 0; item < count && !numbers.isOver; item += 1) {
    const id = numbers.next(version < 2 ? 2 : 4);
    const inData = version > 0 && (numbers.next(2) & 15) === 1;
    numbers.next(2);
    const base = numbers.next(baseBytes);
    const extents = Math.min(numbers.next(2), MAX_EXTENTS);
    const pieces: Buffer[] = [];
    // Extents may overlap, so that few bytes of the file could become many.
    let room = MAX_XMP_BYTES;
    for (let extent = 0; extent < extents && !numbers.isOver; extent += 1) {
      numbers.next(indexBytes);
      const offset = base + numbers.next(offsetBytes) + (inData ? (data?.from ?? 0) : 0);
      const length = numbers.next(lengthBytes);
      const piece = bytes.subarray(offset, offset + Math.min(length === 0 ? room : length, room));
      room -= piece.length;
      pieces.push(piece);
    }
    if (wanted.has(id)) yield [id, pieces];
  }
}
