import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { pngChunk } from '../png-chunks.ts';

/** The formats whose metadata are read, with XMP as sharp writes it. */
export const FORMATS = ['jpeg', 'png', 'webp', 'avif'] as const;
export type Format = (typeof FORMATS)[number];

export const plainImage = (format: Format): Promise<Buffer> => imageWith(format, null);

/** A small image with an XMP packet that sharp has put there. */
export function imageWith(format: Format, xmp: string | null): Promise<Buffer> {
  const image = sharp({ create: { width: 16, height: 16, channels: 3, background: '#468' } });
  return (xmp === null ? image : image.withXmp(xmp)).toFormat(format, { effort: 1 }).toBuffer();
}

/** XMP with these attributes of its description, and these elements inside. */
export function xmp(attributes: string, elements = ''): string {
  return `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" ${attributes}>${elements}</rdf:Description>
</rdf:RDF></x:xmpmeta><?xpacket end="w"?>`;
}

/** A box of JUMBF or ISO BMFF. */
export const box = (type: string, ...contents: (Buffer | string)[]): Buffer => {
  const data = Buffer.concat(
    contents.map((each) => (typeof each === 'string' ? Buffer.from(each, 'latin1') : each)),
  );
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + data.length);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, data]);
};

/** A labelled box of JUMBF. */
export const labelled = (label: string, ...contents: Buffer[]): Buffer =>
  box('jumb', box('jumd', Buffer.alloc(16), '\x03', `${label}\0`), ...contents);

type Plain = string | number | boolean | { readonly [key: string]: Plain };

/** CBOR of plain data. */
export function cbor(value: Plain): Buffer {
  if (typeof value === 'boolean') return Buffer.of(value ? 0xf5 : 0xf4);
  if (typeof value === 'number') return Buffer.of(value);
  if (typeof value === 'string')
    return Buffer.concat([Buffer.of(0x78, Buffer.byteLength(value)), Buffer.from(value)]);
  const pairs = Object.entries(value).flatMap(([key, each]) => [cbor(key), cbor(each)]);
  return Buffer.concat([Buffer.of(0xa0 + Object.keys(value).length), ...pairs]);
}

/** A C2PA store with one manifest and one assertion in it. */
export function c2paStore(label: string, content: Plain, type: 'cbor' | 'json' = 'cbor'): Buffer {
  const bytes = type === 'cbor' ? cbor(content) : Buffer.from(JSON.stringify(content));
  const assertion = labelled(label, box(type, bytes));
  const other = labelled('c2pa.actions', box('cbor', cbor({ actions: 'c2pa.created' })));
  return labelled('c2pa', labelled('urn:uuid:1', labelled('c2pa.assertions', other, assertion)));
}

/** The image with a C2PA store, where its format has a place for it. */
export function withC2pa(format: Format, image: Buffer, store: Buffer): Buffer {
  if (format === 'jpeg') return insertAfter(image, 2, c2paSegments(store));
  if (format === 'png') return insertAfter(image, image.length - 12, pngChunk('caBX', store));
  if (format === 'webp') {
    const head = Buffer.from('C2PA\0\0\0\0', 'latin1');
    head.writeUInt32LE(store.length, 4);
    const whole = Buffer.concat([image, head, store, Buffer.alloc(store.length % 2)]);
    whole.writeUInt32LE(whole.length - 8, 4);
    return whole;
  }
  const uuid = Buffer.from('d8fec3d61b0e483c92975828877ec481', 'hex');
  return Buffer.concat([image, box('uuid', uuid, '\0\0\0\0manifest\0', Buffer.alloc(8), store)]);
}

const insertAfter = (image: Buffer, at: number, part: Buffer): Buffer =>
  Buffer.concat([image.subarray(0, at), part, image.subarray(at)]);

const PART_BYTES = 100;

/** The store in segments of a JPEG that each repeat its header, the last one first. */
function c2paSegments(store: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let from = 8; from < store.length; from += PART_BYTES) {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(parts.length + 1);
    const data = store.subarray(from, from + PART_BYTES);
    parts.push(segment(0xeb, 'JP', Buffer.of(0, 1), number, store.subarray(0, 8), data));
  }
  return Buffer.concat(parts.reverse());
}

function segment(marker: number, ...contents: (Buffer | string)[]): Buffer {
  const data = Buffer.concat(
    contents.map((each) => (typeof each === 'string' ? Buffer.from(each, 'latin1') : each)),
  );
  const head = Buffer.of(0xff, marker, 0, 0);
  head.writeUInt16BE(2 + data.length, 2);
  return Buffer.concat([head, data]);
}

/** The JPEG with extended XMP: its parts in the wrong order. */
export function withExtendedXmp(image: Buffer, packet: string | Buffer): Buffer {
  const bytes = typeof packet === 'string' ? Buffer.from(packet) : packet;
  const middle = Math.floor(bytes.length / 2);
  const part = (from: number, end: number): Buffer => {
    const numbers = Buffer.alloc(8);
    numbers.writeUInt32BE(bytes.length);
    numbers.writeUInt32BE(from, 4);
    const head = 'http://ns.adobe.com/xmp/extension/\0';
    return segment(0xe1, head, 'A'.repeat(32), numbers, bytes.subarray(from, end));
  };
  return insertAfter(image, 2, Buffer.concat([part(middle, bytes.length), part(0, middle)]));
}

/** The PNG with compressed XMP, which sharp does not write. */
export function withCompressedXmp(image: Buffer, packet: string): Buffer {
  const text = Buffer.concat([Buffer.from('XML:com.adobe.xmp\0\x01\0\0\0', 'latin1'), deflateSync(packet)]);
  return insertAfter(image, 33, pngChunk('iTXt', text));
}

/** The JPEG with texts of IPTC-IIM. */
export function withIim(image: Buffer, texts: readonly (readonly [set: number, text: string])[]): Buffer {
  const sets = texts.map(([set, text]) => {
    const data = Buffer.from(text);
    return Buffer.concat([Buffer.of(0x1c, 2, set, data.length >> 8, data.length & 255), data]);
  });
  const data = Buffer.concat(sets);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(data.length);
  const resource = Buffer.concat([Buffer.from('8BIM\x04\x04\0\0', 'latin1'), size, data]);
  return insertAfter(image, 2, segment(0xed, 'Photoshop 3.0\0', resource));
}
