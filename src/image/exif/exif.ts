import { pyJsonNumber, pyJsonString } from '../../util/text/python-json.ts';
import { EXIF_TAGS, GPS_TAGS, INTEROPERABILITY_TAGS, type TagNames } from './tags.ts';
import { fractionText, printable } from './value-text.ts';

/** Bytes of each field type by its number, 1 to 13; numbers 5 and 10 are fractions of two longs. */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];
const ASCII = 2;

/** Makers' private data and comments of unknown encoding. exifread leaves them out when it reads without details. */
const IGNORED_TAGS = new Set([0x02bc, 0x927c, 0x9286]);
const SUB_DIRECTORIES: Readonly<Record<string, readonly [name: string, names: TagNames]>> = {
  GPSInfo: ['GPS', GPS_TAGS],
  InteroperabilityOffset: ['Interoperability', INTEROPERABILITY_TAGS],
};

/** Bytes of entries and values to read before a block counts as hostile: all entries may point at the same bytes. */
const MAX_READ_BYTES = 512 * 1024;
const ENTRY_BYTES = 12;

/**
 * The EXIF tags of an image as one JSON object, with the names and printable values that Python's exifread 3 gives when
 * it reads without details: `{"Image Make": "Canon", "Image Orientation": "Rotated 90 CW"}`. `{}` if the image has no
 * tags; null if the block is not EXIF.
 *
 * @param block the TIFF structure, with or without `Exif\0\0` before it
 */
export function readExif(block: Uint8Array | undefined): string | null {
  if (block === undefined) return '{}';
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  const tiff = bytes.toString('latin1', 0, 6) === 'Exif\0\0' ? bytes.subarray(6) : bytes;
  const byteOrder = tiff.toString('latin1', 0, 2);
  if (tiff.byteLength < 8 || (byteOrder !== 'II' && byteOrder !== 'MM')) return null;
  const tags = new TiffReader(tiff, byteOrder === 'II').readTags();
  if (tags === null) return null;
  return `{${[...tags].map(([name, text]) => `${pyJsonString(name)}: ${pyJsonString(text.trim())}`).join(', ')}}`;
}

class TiffReader {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  readonly #littleEndian: boolean;
  readonly #tags = new Map<string, string>();
  #exifOffset = 0;
  #budget = MAX_READ_BYTES;

  constructor(bytes: Buffer, littleEndian: boolean) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#littleEndian = littleEndian;
  }

  /** Printable values by "<directory> <tag>", in the order of the file; null if the budget was used up. */
  readTags(): ReadonlyMap<string, string> | null {
    const seen = new Set<number>();
    let offset = this.#long(4);
    while (offset !== 0 && !seen.has(offset) && offset + 2 <= this.#bytes.byteLength && this.#budget > 0) {
      const name = ['Image', 'Thumbnail'][seen.size] ?? `IFD ${seen.size}`;
      seen.add(offset);
      this.#readDirectory(offset, name, EXIF_TAGS);
      offset = this.#nextDirectory(offset);
    }
    if (this.#exifOffset !== 0) this.#readDirectory(this.#exifOffset, 'EXIF', EXIF_TAGS);
    return this.#budget > 0 ? this.#tags : null;
  }

  #nextDirectory(offset: number): number {
    const link = offset + 2 + ENTRY_BYTES * this.#short(offset);
    return link + 4 <= this.#bytes.byteLength ? this.#long(link) : 0;
  }

  #readDirectory(offset: number, directory: string, names: TagNames): void {
    if (offset + 2 > this.#bytes.byteLength) return;
    const end = offset + 2 + ENTRY_BYTES * this.#short(offset);
    for (
      let entry = offset + 2;
      entry < end && entry + ENTRY_BYTES <= this.#bytes.byteLength;
      entry += ENTRY_BYTES
    ) {
      this.#budget -= ENTRY_BYTES;
      if (this.#budget <= 0) return;
      this.#readEntry(entry, directory, names);
    }
  }

  /** Reads one tag, or leaves it out if its value lies outside the block. */
  #readEntry(entry: number, directory: string, names: TagNames): void {
    const tag = this.#short(entry);
    const type = this.#short(entry + 2);
    const count = this.#long(entry + 4);
    const size = (TYPE_BYTES[type] ?? 0) * count;
    const offset = size > 4 ? this.#long(entry + 8) : entry + 8;
    if (!TYPE_BYTES[type] || IGNORED_TAGS.has(tag) || offset + size > this.#bytes.byteLength) return;
    this.#budget -= size;
    if (this.#budget <= 0) return;

    const name = names[tag] ?? `Tag 0x${tag.toString(16).toUpperCase().padStart(4, '0')}`;
    const values = type === ASCII ? this.#ascii(offset, count) : this.#values(offset, type, count);
    const pointer = typeof values === 'string' ? undefined : values[0];
    if (typeof pointer === 'number' && names === EXIF_TAGS) {
      const subDirectory = SUB_DIRECTORIES[name];
      if (subDirectory) this.#readDirectory(pointer, ...subDirectory);
      if (directory === 'Image' && name === 'ExifOffset') this.#exifOffset = pointer;
    }
    this.#tags.set(`${directory} ${name}`, printable(name, values, count));
  }

  #ascii(offset: number, count: number): string {
    const end = this.#bytes.indexOf(0, offset);
    const bytes = this.#bytes.subarray(offset, end === -1 ? offset + count : Math.min(end, offset + count));
    const text = bytes.toString('utf8');
    // Cameras write Latin-1 although the standard requires ASCII.
    return text.includes('\ufffd') ? bytes.toString('latin1') : text;
  }

  #values(offset: number, type: number, count: number): (number | string)[] {
    // exifread prints no values for very long lists.
    if (count >= 1000) return [];
    const size = TYPE_BYTES[type] ?? 0;
    return Array.from({ length: count }, (_, index) => this.#value(offset + index * size, type));
  }

  #value(offset: number, type: number): number | string {
    const view = this.#view;
    const little = this.#littleEndian;
    switch (type) {
      case 3:
        return view.getUint16(offset, little);
      case 5:
        return fractionText(view.getUint32(offset, little), view.getUint32(offset + 4, little));
      case 6:
        return view.getInt8(offset);
      case 8:
        return view.getInt16(offset, little);
      case 9:
        return view.getInt32(offset, little);
      case 10:
        return fractionText(view.getInt32(offset, little), view.getInt32(offset + 4, little));
      case 11:
        return `(${pyJsonNumber(view.getFloat32(offset, little))},)`;
      case 12:
        return `(${pyJsonNumber(view.getFloat64(offset, little))},)`;
      case 4:
      case 13:
        return view.getUint32(offset, little);
      default:
        return view.getUint8(offset);
    }
  }

  #short(offset: number): number {
    return this.#view.getUint16(offset, this.#littleEndian);
  }

  #long(offset: number): number {
    return this.#view.getUint32(offset, this.#littleEndian);
  }
}
