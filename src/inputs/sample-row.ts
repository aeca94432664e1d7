import { LosslessNumber, parse, stringify } from 'lossless-json';
import type { Value } from '../core/columns.ts';
import type { SampleRow } from '../core/samples.ts';
import { cutToBytes, isLonger, MAX_CAPTION_BYTES, MAX_URL_BYTES } from '../core/text-limits.ts';
import type { ColumnChoice, KeyColumn } from './columns.ts';
import { readBoxes } from './fields/boxes.ts';
import { readDigest } from './fields/digests.ts';
import { readKey } from './fields/keys.ts';
import { readSubfolder } from './fields/subfolders.ts';
import type { IndexRow } from './file/index-file.ts';

/** Converts a row of the index for the run. Invalid boxes make the row unreadable: its image must not stay unblurred. */
export function toSampleRow(row: IndexRow, choice: ColumnChoice): SampleRow {
  if ('unreadable' in row) {
    const { unreadable, values = [] } = row;
    const known = choice.extra.map(({ index }) => (index === null ? null : (values[index] ?? null)));
    return { url: null, caption: null, values: known, unreadable };
  }
  const at = (index: number): Value => row.values[index] ?? null;
  const read = (index: number) => (choice.json.has(index) ? textOfJson(at(index)) : toText(at(index)));
  const url = read(choice.url);
  const caption = choice.caption === null ? null : read(choice.caption);
  const tooLong = findTooLarge(row, choice) ?? findTooLong(url, caption);
  const expectedHash = choice.hash && readDigest(at(choice.hash.index), choice.hash.algorithm);
  const unreadable = findUnreadable(row, choice) ?? (expectedHash === undefined ? noDigest(choice) : null);
  const sample: SampleRow = {
    url: url === null ? null : cutToBytes(url, MAX_URL_BYTES),
    caption: caption === null ? null : cutToBytes(caption, MAX_CAPTION_BYTES),
    values: choice.extra.map(({ index, convert }) => {
      const value = index === null ? null : at(index);
      return convert === null ? value : convert(value);
    }),
    ...(row.image === undefined ? {} : { image: row.image }),
    ...(tooLong === null ? {} : { tooLong }),
    ...(unreadable === null ? {} : { unreadable }),
    ...(choice.hash === null || expectedHash === undefined ? {} : { expectedHash }),
    ...(choice.subfolder === null ? {} : { subfolder: readSubfolder(read(choice.subfolder)) }),
    ...(choice.key === null ? {} : readKey(keyText(choice.key, read), choice.key.prefix)),
  };
  if (choice.boxes === null) return sample;
  const boxes = readBoxes(at(choice.boxes));
  return boxes === undefined
    ? {
        ...sample,
        unreadable: 'the boxes to blur are not a list of [x_min, y_min, x_max, y_max] between 0 and 1',
      }
    : { ...sample, boxes };
}

/** The URLs of a list share the key of their row, so each gets its position in the list: `doc-7_0`. */
function keyText({ index, position }: KeyColumn, read: (index: number) => string | null): string | null {
  const text = read(index);
  return text === null || text === '' || position === null ? text : `${text}_${read(position) ?? 0}`;
}

type ReadRow = Exclude<IndexRow, { readonly unreadable: string }>;

function findTooLarge(
  { lost }: ReadRow,
  { url, caption }: ColumnChoice,
): 'url_too_long' | 'caption_too_long' | null {
  if (lost?.get(url) === 'large') return 'url_too_long';
  return caption !== null && lost?.get(caption) === 'large' ? 'caption_too_long' : null;
}

/** Without its digest an image cannot be verified, and without its boxes it would stay unblurred. */
function findUnreadable({ lost }: ReadRow, { url, hash, boxes }: ColumnChoice): string | null {
  if (lost === undefined) return null;
  if (lost.get(url) === 'misfit') return 'the URL is not a text';
  if (hash !== null && lost.has(hash.index)) return 'the digest of the image is not a text, or too large';
  return boxes !== null && lost.has(boxes)
    ? 'the boxes to blur are not of the type of earlier ones, or too large'
    : null;
}

const noDigest = ({ hash }: ColumnChoice): string =>
  `the value for --verify-hash is not a digest of type ${hash?.algorithm}`;

function findTooLong(url: string | null, caption: string | null): 'url_too_long' | 'caption_too_long' | null {
  if (url !== null && isLonger(url, MAX_URL_BYTES)) return 'url_too_long';
  return caption !== null && isLonger(caption, MAX_CAPTION_BYTES) ? 'caption_too_long' : null;
}

/**
 * The text in a column that holds texts and other things, as JSON: a text or number as it is, a list of one text as that
 * text, and null for lists and objects, which are neither a URL nor a caption.
 */
function textOfJson(value: Value): string | null {
  if (typeof value !== 'string') return null;
  const found = parse(value);
  const only = Array.isArray(found) && found.length === 1 ? found[0] : found;
  if (only instanceof LosslessNumber) return only.value;
  return typeof only === 'string' || typeof only === 'boolean' ? String(only) : null;
}

function toText(value: Value): string | null {
  if (value === null || typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  return typeof value === 'object' ? (stringify(value) ?? null) : String(value);
}
