import type { Hash } from '../core/choices.ts';
import type { Column } from '../core/columns.ts';
import { MAX_CAPTION_BYTES } from '../core/text-limits.ts';
import type { ColumnChoice } from './columns.ts';
import type { ColumnCheck } from './file/index-file.ts';

const DIGITS: Readonly<Record<Hash, number>> = { md5: 32, sha256: 64, sha512: 128 };
/** Bytes that are not UTF-8 become characters of three. */
const MAX_GROWTH = 3;
/** Shorter keys could be names of devices, such as `nul`. */
const [MIN_KEY, MAX_KEY] = [5, 95];

/**
 * Checks for the columns with a role, but that of the URL: `toSampleRow` finds no fault in a row that passes them. Null if
 * that cannot be known for the types of these columns.
 */
export function sampleChecks(columns: readonly Column[], choice: ColumnChoice): ColumnCheck[] | null {
  const { caption, hash, boxes, key } = choice;
  const checks: (ColumnCheck | null)[] = [];
  if (caption !== null) {
    checks.push({ column: caption, is: { maxBytes: Math.floor(MAX_CAPTION_BYTES / MAX_GROWTH) } });
  }
  if (hash !== null) {
    checks.push({ column: hash.index, is: { pattern: `[0-9A-Fa-f]{${DIGITS[hash.algorithm]}}` } });
  }
  if (boxes !== null) checks.push({ column: boxes, is: 'null' });
  if (key !== null) checks.push(...keyChecks(columns, key));
  return checks.some((check) => check === null) ? null : checks.filter((check) => check !== null);
}

function keyChecks(
  columns: readonly Column[],
  { index, position, prefix }: NonNullable<ColumnChoice['key']>,
): (ColumnCheck | null)[] {
  const kind = columns[index]?.type.kind;
  if (kind === 'int') return [{ column: index, is: 'known' }];
  if (kind !== 'string' || position !== null) return [null];
  const length = `{${Math.max(1, MIN_KEY - prefix.length)},${MAX_KEY - prefix.length}}`;
  const pattern = `[0-9A-Za-z_-]${length}`;
  return [
    { column: index, is: 'known' },
    { column: index, is: { pattern } },
  ];
}
