import { decodeText } from './iim.ts';

const ARTIST = 0x013b;
const COPYRIGHT = 0x8298;
const ENTRY_BYTES = 12;
const MAX_ENTRIES = 1_000;
const MAX_BYTES = 4096;

/** Artist and Copyright of the first directory of EXIF. */
export function readTiffTexts(block: Buffer): {
  readonly artist: string | null;
  readonly copyright: string | null;
} {
  const tiff = block.toString('latin1', 0, 6) === 'Exif\0\0' ? block.subarray(6) : block;
  const order = tiff.toString('latin1', 0, 2);
  const texts: { artist: string | null; copyright: string | null } = { artist: null, copyright: null };
  if (tiff.length < 10 || (order !== 'II' && order !== 'MM')) return texts;
  const short = (at: number): number => (order === 'II' ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const long = (at: number): number => (order === 'II' ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  const directory = long(4);
  if (directory + 2 > tiff.length) return texts;
  const count = Math.min(short(directory), MAX_ENTRIES);
  for (
    let at = directory + 2, n = 0;
    n < count && at + ENTRY_BYTES <= tiff.length;
    n += 1, at += ENTRY_BYTES
  ) {
    const tag = short(at);
    if (tag !== ARTIST && tag !== COPYRIGHT) continue;
    const length = long(at + 4);
    const from = length <= 4 ? at + 8 : long(at + 8);
    const data = tiff.subarray(from, from + Math.min(length, MAX_BYTES));
    // Copyright may have two texts, that of the photographer and that of the editor.
    const text =
      decodeText(data)
        .split('\0')
        .filter((part) => part.trim() !== '')
        .join('; ') || null;
    if (tag === ARTIST) texts.artist ??= text;
    else texts.copyright ??= text;
  }
  return texts;
}
