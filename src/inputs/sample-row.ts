import { stringify } from 'lossless-json';
import type { Value } from '../core/columns.ts';
import type { SampleRow } from '../core/samples.ts';
import { cutToBytes, isLonger, MAX_CAPTION_BYTES, MAX_URL_BYTES } from '../core/text-limits.ts';
import { readBoxes } from './boxes.ts';
import type { ColumnChoice } from './columns.ts';
import { readDigest } from './digests.ts';
import type { IndexRow } from './file/index-file.ts';

/** Converts a row of the index for the run. Invalid boxes make the row unreadable: its image must not stay unblurred. */
export function toSampleRow(row: IndexRow, choice: ColumnChoice): SampleRow {
  if ('unreadable' in row) {
    return { url: null, caption: null, values: choice.extra.map(() => null), unreadable: row.unreadable };
  }
  const at = (index: number): Value => row.values[index] ?? null;
  const url = toText(at(choice.url));
  const caption = choice.caption === null ? null : toText(at(choice.caption));
  const tooLong = findTooLong(url, caption);
  const expectedHash = choice.hash && readDigest(at(choice.hash.index), choice.hash.algorithm);
  const sample: SampleRow = {
    url: url === null ? null : cutToBytes(url, MAX_URL_BYTES),
    caption: caption === null ? null : cutToBytes(caption, MAX_CAPTION_BYTES),
    values: choice.extra.map(({ index }) => at(index)),
    ...(tooLong === null ? {} : { tooLong }),
    ...(choice.hash === null || expectedHash === undefined ? {} : { expectedHash }),
  };
  if (expectedHash === undefined) {
    return {
      ...sample,
      unreadable: `the value for --verify-hash is not a digest of type ${choice.hash?.algorithm}`,
    };
  }
  if (choice.boxes === null) return sample;
  const boxes = readBoxes(at(choice.boxes));
  return boxes === undefined
    ? {
        ...sample,
        unreadable: 'the boxes to blur are not a list of [x_min, y_min, x_max, y_max] between 0 and 1',
      }
    : { ...sample, boxes };
}

function findTooLong(url: string | null, caption: string | null): 'url_too_long' | 'caption_too_long' | null {
  if (url !== null && isLonger(url, MAX_URL_BYTES)) return 'url_too_long';
  return caption !== null && isLonger(caption, MAX_CAPTION_BYTES) ? 'caption_too_long' : null;
}

function toText(value: Value): string | null {
  if (value === null || typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  return typeof value === 'object' ? (stringify(value) ?? null) : String(value);
}
