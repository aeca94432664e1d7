import { EXIF_MEANINGS } from './meanings.ts';

/** Tags that hold text as a list of character codes. */
const TEXT_TAGS = new Set(['PageName', 'ExifVersion', 'XPAuthor', 'FlashPixVersion']);

/**
 * The values of a tag in exifread's printable form: their meaning if they are codes, otherwise Python's text of the
 * value or of the list.
 *
 * @param count number of values that the tag declares; very long lists keep none of them
 */
export function printable(
  name: string,
  values: string | readonly (number | string)[],
  count: number,
): string {
  if (typeof values === 'string') return values;
  if (TEXT_TAGS.has(name)) return characters(values);
  const meanings = EXIF_MEANINGS[name];
  if (meanings) return values.map((value) => meanings[Number(value)] ?? value).join('');
  if (count === 1) return String(values[0]);
  if (values.length > 50) return `[${values.slice(0, 20).join(', ')}, ... ]`;
  return `[${values.join(', ')}]`;
}

/** Text that is stored as numbers; exifread shows the numbers if no character can be printed. */
function characters(values: readonly (number | string)[]): string {
  const text = values
    .map(Number)
    .filter((code) => code >= 32 && code < 256)
    .map((code) => String.fromCharCode(code))
    .join('');
  return text === '' ? values.join('').replace(/^0+$/, '') : text;
}

/** A fraction in lowest terms, `1/100` or `5`. A zero denominator, which cameras write for "unknown", is kept. */
export function fractionText(numerator: number, denominator: number): string {
  if (denominator === 0) return `${numerator}/0`;
  const divisor = greatestCommonDivisor(Math.abs(numerator), Math.abs(denominator)) * Math.sign(denominator);
  // Adding zero turns -0 into 0.
  const [above, below] = [numerator / divisor + 0, denominator / divisor];
  return below === 1 ? String(above) : `${above}/${below}`;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
