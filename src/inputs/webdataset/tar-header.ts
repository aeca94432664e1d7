/** What a block of 512 bytes says about the member behind it. */
export interface Header {
  readonly name: string;
  /** Length of the content in bytes. */
  readonly bytes: number;
  /** `long name` and `pax` are about the next member, `remark` says nothing of interest about it; `other` is a folder, a link or anything else that is no file. */
  readonly kind: 'file' | 'long name' | 'pax' | 'remark' | 'other';
}

/** The fields: first byte and length. */
const FIELDS = {
  name: [0, 100],
  size: [124, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 8],
  prefix: [345, 155],
} as const;

type Field = (typeof FIELDS)[keyof typeof FIELDS];

const KINDS: Readonly<Record<string, Header['kind']>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  L: 'long name',
  x: 'pax',
  g: 'remark',
  K: 'remark',
};
/** Links, devices, folders and pipes have no content, whatever their size says. */
const WITHOUT_CONTENT = /[1-6]/;
const BASE_256 = 0x80;

/** Reads a header as GNU tar, POSIX or Python's tarfile writes it; null if the block is none. */
export function readHeader(block: Buffer): Header | null {
  const checksum = octal(block, FIELDS.checksum);
  const bytes = sizeOf(block);
  if (checksum === null || bytes === null || !sumsOf(block).includes(checksum)) return null;
  const type = block.toString('latin1', FIELDS.type[0], FIELDS.type[0] + 1);
  const isPosix = block.toString('latin1', FIELDS.magic[0], FIELDS.magic[0] + 6) === 'ustar\0';
  const prefix = isPosix ? textOf(block, FIELDS.prefix) : '';
  const name = textOf(block, FIELDS.name);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    bytes: WITHOUT_CONTENT.test(type) ? 0 : bytes,
    kind: KINDS[type] ?? 'other',
  };
}

/** The records of a PAX header that matter here: `path` and `size`. */
export function readPax(content: Buffer): { readonly path?: string; readonly size?: number } {
  const found: { path?: string; size?: number } = {};
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const length = Number(content.toString('latin1', at, Math.max(at, space)));
    if (!Number.isInteger(length) || length <= space - at || at + length > content.length) break;
    const record = content.toString('utf8', space + 1, at + length - 1);
    if (record.startsWith('path=')) found.path = record.slice(5);
    if (/^size=\d{1,15}$/.test(record)) found.size = Number(record.slice(5));
    at += length;
  }
  return found;
}

/** A text up to its first zero. */
export function cutAtZero(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end);
}

const textOf = (block: Buffer, [start, length]: Field): string =>
  cutAtZero(block.subarray(start, start + length));

function octal(block: Buffer, [start, length]: Field): number | null {
  const digits = block.toString('latin1', start, start + length).replace(/^[ \0]+|[ \0]+$/g, '');
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : null;
}

/** Above 8 GiB, GNU tar writes a binary number. */
function sizeOf(block: Buffer): number | null {
  const [start, length] = FIELDS.size;
  if (block[start] !== BASE_256) return octal(block, FIELDS.size);
  const high = block.readUInt32BE(start + length - 8);
  return high < 2 ** 20 ? high * 2 ** 32 + block.readUInt32BE(start + length - 4) : null;
}

/** The sum of all bytes, with the checksum itself counted as spaces; some programs took bytes as signed numbers. */
function sumsOf(block: Buffer): readonly number[] {
  const [start, length] = FIELDS.checksum;
  let [sum, negative] = [0x20 * length, 0];
  for (let at = 0; at < block.length; at += 1) {
    if (at >= start && at < start + length) continue;
    const byte = block[at] ?? 0;
    sum += byte;
    if (byte > 0x7f) negative += 0x100;
  }
  return [sum, sum - negative];
}
