/** Data sets of IPTC-IIM's application record that say who made an image. */
export interface IimTexts {
  readonly byline: string | null;
  readonly credit: string | null;
  readonly source: string | null;
  readonly copyright: string | null;
}

const NAMES: Readonly<Record<number, keyof IimTexts>> = {
  80: 'byline',
  110: 'credit',
  115: 'source',
  116: 'copyright',
};
const TAG = 0x1c;
const MAX_SETS = 5_000;
const MAX_BYTES = 4096;
const UTF8 = '\x1b%G';

/** Texts of IPTC-IIM; a name that is given several times joined by commas. They are UTF-8 if they say so or look like it. */
export function readIim(bytes: Buffer): IimTexts {
  const found: Record<keyof IimTexts, string[]> = { byline: [], credit: [], source: [], copyright: [] };
  let isUtf8 = false;
  let at = 0;
  for (let count = 0; count < MAX_SETS && at + 5 <= bytes.length && bytes[at] === TAG; count += 1) {
    const [record, set] = [bytes[at + 1], bytes[at + 2] ?? 0];
    const length = bytes.readUInt16BE(at + 3);
    // A length above this stands in more bytes, which no text of these needs.
    if (length > 0x7fff) break;
    const data = bytes.subarray(at + 5, Math.min(at + 5 + length, at + 5 + MAX_BYTES));
    if (record === 1 && set === 90) isUtf8 = data.toString('latin1', 0, 3) === UTF8;
    const name = record === 2 ? NAMES[set] : undefined;
    if (name !== undefined && found[name].length < 16) found[name].push(decodeText(data, isUtf8));
    at += 5 + length;
  }
  const joined = (texts: readonly string[]): string | null => texts.filter(Boolean).join(', ') || null;
  return {
    byline: joined(found.byline),
    credit: joined(found.credit),
    source: joined(found.source),
    copyright: joined(found.copyright),
  };
}

/** Text that is UTF-8, or else Latin-1. */
export function decodeText(data: Buffer, isUtf8 = false): string {
  const text = data.toString('utf8');
  return isUtf8 || !text.includes('\ufffd') ? text : data.toString('latin1');
}
