/** A header of a tar whose checksum is right. */
export interface TarHeader {
  readonly name: string;
  /** Length of the member's content in bytes. */
  readonly size: number;
  /** Whether its content is a list of PAX records about the next member. */
  readonly isPax: boolean;
  /** Anything that a header of a plain file would not have. */
  readonly findings: readonly string[];
}

/** The fields of a POSIX header: first byte and length. */
const FIELDS = {
  name: [0, 100],
  size: [124, 12],
  checksum: [148, 8],
  type: [156, 1],
  link: [157, 100],
  magic: [257, 8],
  prefix: [345, 155],
} as const;

/** Reads a block of 512 bytes; returns a short reason if it is not a header. */
export function readTarHeader(block: Uint8Array): TarHeader | string {
  const text = Buffer.from(block).toString('latin1');
  const raw = ([start, length]: readonly [number, number]): string => text.slice(start, start + length);
  const field = (place: readonly [number, number]): string => raw(place).split('\0', 1)[0] ?? '';

  const [written, sum] = [/^([0-7]{6})(?:\0 | \0)$/.exec(raw(FIELDS.checksum))?.[1], checksumOf(block)];
  if (written === undefined || Number.parseInt(written, 8) !== sum) return 'its checksum is wrong';
  const size = octal(field(FIELDS.size));
  if (size === null) return 'it has no size';
  const type = raw(FIELDS.type);
  const isPlain = type === '0' && field(FIELDS.link) === '';
  const isPosix = raw(FIELDS.magic) === 'ustar\x0000' && field(FIELDS.prefix) === '';
  return {
    name: Buffer.from(field(FIELDS.name), 'latin1').toString('utf8'),
    size,
    isPax: type === 'x',
    findings: [...(isPlain ? [] : ['unexpected file type']), ...(isPosix ? [] : ['unexpected format'])],
  };
}

function octal(text: string): number | null {
  const digits = text.trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : null;
}

/** The sum of all bytes, with the checksum field itself counted as spaces. */
function checksumOf(block: Uint8Array): number {
  const [start, length] = FIELDS.checksum;
  let sum = 0x20 * length;
  for (let at = 0; at < block.length; at += 1) {
    if (at < start || at >= start + length) sum += block[at] ?? 0;
  }
  return sum;
}
