/** A tag to write. Rationals are pairs of numbers; text and bytes have their own types. */
interface TagToWrite {
  readonly tag: number;
  readonly type: 'byte' | 'ascii' | 'short' | 'long' | 'rational' | 'undefined' | 'srational' | 'float';
  readonly value: string | readonly number[];
}

export interface ExifToWrite {
  readonly littleEndian: boolean;
  readonly image: readonly TagToWrite[];
  readonly exif?: readonly TagToWrite[];
  /** Directory that the EXIF directory points to. */
  readonly interoperability?: readonly TagToWrite[];
  readonly gps?: readonly TagToWrite[];
  readonly thumbnail?: readonly TagToWrite[];
}

const TYPES = {
  byte: [1, 1],
  ascii: [2, 1],
  short: [3, 2],
  long: [4, 4],
  rational: [5, 4],
  undefined: [7, 1],
  srational: [10, 4],
  float: [11, 4],
} as const;

/** The TIFF structure of EXIF, without `Exif\0\0` before it. */
export function exifBlock({
  littleEndian,
  image,
  exif,
  interoperability,
  gps,
  thumbnail,
}: ExifToWrite): Buffer {
  const block = Buffer.alloc(16_384);
  const view = new DataView(block.buffer, block.byteOffset);
  block.write(littleEndian ? 'II' : 'MM', 'latin1');
  view.setUint16(2, 42, littleEndian);
  let free = 8;

  function writeDirectory(tags: readonly TagToWrite[]): number {
    const start = free;
    free += 2 + 12 * tags.length + 4;
    view.setUint16(start, tags.length, littleEndian);
    tags.forEach((tag, index) => {
      writeTag(start + 2 + 12 * index, tag);
    });
    return start;
  }

  function writeTag(entry: number, { tag, type, value }: TagToWrite): void {
    const [number, size] = TYPES[type];
    const numbers = typeof value === 'string' ? [...Buffer.from(`${value}\0`, 'utf8')] : value;
    const pairs = type === 'rational' || type === 'srational';
    view.setUint16(entry, tag, littleEndian);
    view.setUint16(entry + 2, number, littleEndian);
    view.setUint32(entry + 4, pairs ? numbers.length / 2 : numbers.length, littleEndian);
    const inline = numbers.length * size <= 4;
    const offset = inline ? entry + 8 : free;
    if (!inline) {
      view.setUint32(entry + 8, free, littleEndian);
      free += numbers.length * size + ((numbers.length * size) % 2);
    }
    numbers.forEach((item, index) => {
      const at = offset + index * size;
      if (type === 'float') view.setFloat32(at, item, littleEndian);
      else if (size === 1) view.setUint8(at, item);
      else if (size === 2) view.setUint16(at, item, littleEndian);
      else if (type === 'srational') view.setInt32(at, item, littleEndian);
      else view.setUint32(at, item, littleEndian);
    });
  }

  /** Writes a directory that ends with pointers to others. Returns its offset and the offset of its link to the next. */
  function writeParent(
    tags: readonly TagToWrite[],
    children: readonly (readonly [pointer: number, write: (() => number) | undefined])[],
  ): { start: number; link: number } {
    const present = children.filter(([, write]) => write !== undefined);
    const pointers = present.map(([tag]) => ({ tag, type: 'long', value: [0] }) as const);
    const start = writeDirectory([...tags, ...pointers]);
    let entry = start + 2 + 12 * tags.length;
    for (const [, write] of present) {
      if (write) view.setUint32(entry + 8, write(), littleEndian);
      entry += 12;
    }
    return { start, link: entry };
  }

  const writeInteroperability = interoperability && (() => writeDirectory(interoperability));
  const writeExif = exif && (() => writeParent(exif, [[0xa005, writeInteroperability]]).start);
  const writeGps = gps && (() => writeDirectory(gps));
  const main = writeParent(image, [
    [0x8769, writeExif],
    [0x8825, writeGps],
  ]);
  view.setUint32(4, main.start, littleEndian);
  if (thumbnail) view.setUint32(main.link, writeDirectory(thumbnail), littleEndian);
  return block.subarray(0, free);
}

/** Inserts an EXIF segment directly after the start of a JPEG. */
export function insertExif(jpeg: Uint8Array, block: Uint8Array): Buffer {
  const head = Buffer.from('\xff\xd8\xff\xe1\0\0Exif\0\0', 'latin1');
  head.writeUInt16BE(2 + 6 + block.length, 4);
  return Buffer.concat([head, block, jpeg.subarray(2)]);
}

/** The block of a phone, big-endian, with GPS and a thumbnail's directory. */
export const PHONE_EXIF: ExifToWrite = {
  littleEndian: false,
  image: [
    { tag: 0x010e, type: 'ascii', value: 'Wolken über der Seine ' },
    { tag: 0x010f, type: 'ascii', value: 'Canon' },
    { tag: 0x0110, type: 'ascii', value: 'EOS "R"' },
    { tag: 0x0112, type: 'short', value: [6] },
    { tag: 0x011a, type: 'rational', value: [72, 1] },
    { tag: 0x011b, type: 'rational', value: [720, 10] },
    { tag: 0x0128, type: 'short', value: [2] },
    { tag: 0x0132, type: 'ascii', value: '2023:07:14 18:30:00' },
    { tag: 0x0213, type: 'short', value: [1] },
    { tag: 0x8298, type: 'ascii', value: '© 2023' },
  ],
  exif: [
    { tag: 0x829a, type: 'rational', value: [10, 1000] },
    { tag: 0x829d, type: 'rational', value: [28, 10] },
    { tag: 0x8822, type: 'short', value: [2] },
    { tag: 0x8827, type: 'short', value: [400] },
    { tag: 0x9000, type: 'undefined', value: [0x30, 0x32, 0x33, 0x32] },
    { tag: 0x9003, type: 'ascii', value: '2023:07:14 18:30:00' },
    { tag: 0x9101, type: 'undefined', value: [1, 2, 3, 0] },
    { tag: 0x9204, type: 'srational', value: [-2, 6] },
    { tag: 0x9207, type: 'short', value: [5] },
    { tag: 0x9208, type: 'short', value: [255] },
    { tag: 0x9209, type: 'short', value: [24] },
    { tag: 0x920a, type: 'rational', value: [50, 1] },
    { tag: 0x927c, type: 'undefined', value: [1, 2, 3, 4, 5, 6] },
    { tag: 0x9286, type: 'undefined', value: [...Buffer.from('ASCII\0\0\0note')] },
    { tag: 0xa001, type: 'short', value: [1] },
    { tag: 0xa002, type: 'long', value: [128] },
    { tag: 0xa300, type: 'undefined', value: [3] },
    { tag: 0xa402, type: 'short', value: [0] },
    { tag: 0xa403, type: 'short', value: [7] },
    { tag: 0xa405, type: 'short', value: [75] },
    { tag: 0xa432, type: 'rational', value: [24, 1, 70, 1, 28, 10, 0, 0] },
  ],
  interoperability: [{ tag: 0x0001, type: 'ascii', value: 'R98' }],
  gps: [
    { tag: 0x0000, type: 'byte', value: [2, 3, 0, 0] },
    { tag: 0x0001, type: 'ascii', value: 'N' },
    { tag: 0x0002, type: 'rational', value: [48, 1, 51, 1, 2020, 100] },
    { tag: 0x0003, type: 'ascii', value: 'E' },
    { tag: 0x0004, type: 'rational', value: [2, 1, 17, 1, 402, 10] },
    { tag: 0x0006, type: 'rational', value: [351, 10] },
    { tag: 0x001d, type: 'ascii', value: '2023:07:14' },
  ],
  thumbnail: [
    { tag: 0x0103, type: 'short', value: [6] },
    { tag: 0x0201, type: 'long', value: [0] },
    { tag: 0x0202, type: 'long', value: [0] },
  ],
};

/** Rarer forms of values, little-endian. */
export const ODD_EXIF: ExifToWrite = {
  littleEndian: true,
  image: [
    { tag: 0x0102, type: 'short', value: [8, 8, 8] },
    { tag: 0x0112, type: 'short', value: [9] },
    { tag: 0x0131, type: 'ascii', value: '' },
    { tag: 0x013e, type: 'rational', value: [3127, 10000, 3290, 10000] },
    { tag: 0x0140, type: 'short', value: Array.from({ length: 60 }, (_, index) => index) },
    { tag: 0x9c9b, type: 'byte', value: [...Buffer.from('Hi', 'utf16le')] },
    { tag: 0x9c9d, type: 'byte', value: [...Buffer.from('Me', 'utf16le')] },
    { tag: 0xbeef, type: 'long', value: [7] },
    { tag: 0xc4a5, type: 'float', value: [0.5] },
  ],
};
