import { type Column, type ColumnType, INT32, INT64, STRING, type Value } from '../../core/columns.ts';
import { failureStatus } from '../../core/failures.ts';
import { imageColumn } from '../../core/reserved-columns.ts';
import type { EncodedImage, FetchFacts, SampleKey } from '../../core/samples.ts';
import type { SettledSample } from '../spool/spool.ts';
import type { DatasetShape } from './dataset-shape.ts';
import { rightsText } from './rights-field.ts';

export interface KeyedSample extends SettledSample {
  /** Null if the row failed because it has no key. */
  readonly key: SampleKey | null;
}

/** A column of the metadata or a field of a sample's JSON, and where its value comes from. */
export interface Field {
  readonly column: Column;
  readonly valueIn: (sample: KeyedSample) => Value;
}

const MILLISECONDS_UTC: ColumnType = { kind: 'timestamp', unit: 'ms', utc: true };

/** The fields of a sample's JSON in img2dataset's order. */
export function sampleFields(shape: DatasetShape): readonly Field[] {
  return [...rowFields(shape), ...outcomeFields(shape), ...hashField(shape), ...rightsField(shape, true)];
}

/** The columns of a shard's metadata: img2dataset's in its order, then laion-fetch's own. */
export function metadataFields(shape: DatasetShape): readonly Field[] {
  return [
    ...img2datasetFields(shape),
    ...(shape.format === 'parquet' ? [imageBytes(shape)] : []),
    ...fetchFields(),
    ...rightsField(shape, false),
    ...(shape.pointsToDuplicates ? [DUPLICATE_OF] : []),
    ...(shape.hasSubfolders ? [SUBFOLDER] : []),
  ];
}

/** The columns that img2dataset has, too. With `verifyHash`, the digest comes before `url`, where the index had it. */
export function img2datasetFields(shape: DatasetShape): readonly Field[] {
  if (!shape.verifyHash) return sampleFields(shape);
  const row = rowFields(shape);
  return [
    ...row.slice(0, -1),
    ...hashField(shape),
    ...row.slice(-1),
    ...outcomeFields(shape),
    ...rightsField(shape, true),
  ];
}

const DUPLICATE_OF = field('duplicate_of', STRING, ({ row }) => row.duplicateOf ?? null);

const ALL_CAPTIONS = field(
  'all_captions',
  { kind: 'list', element: STRING },
  ({ row }) => row.captions ?? null,
);

const SUBFOLDER = field('subfolder', STRING, ({ row }) => row.subfolder ?? null);

/**
 * The number of columns before those that only the metadata has, not the JSON: how the image was fetched, and where it is.
 * Their places tell, since a column of the index may be called like one that its dataset lacks.
 */
export function countShared(columns: readonly string[]): number {
  const first = columns.indexOf('failure_code');
  return first === -1 ? columns.length : first;
}

/**
 * The columns of the metadata that a sample's JSON has as fields, in its order, and their places in a row.
 * `shape`: of the dataset that has them.
 */
export function sharedColumns(
  columns: readonly Column[],
  { hash, verifyHash, rights }: Pick<DatasetShape, 'hash' | 'verifyHash' | 'rights'>,
): readonly { readonly column: Column; readonly at: number }[] {
  const shared = columns
    .slice(0, countShared(columns.map(({ name }) => name)))
    .map((column, at) => ({ column, at }));
  const isHash = ({ column }: { readonly column: Column }): boolean => verifyHash && column.name === hash;
  const isRights = ({ column }: { readonly column: Column }): boolean =>
    rights !== null && column.name === 'rights';
  const others = shared.filter((each) => !isHash(each) && !isRights(each));
  return [...others, ...shared.filter(isHash), ...shared.filter(isRights)];
}

function rowFields(shape: DatasetShape): Field[] {
  const carried = shape.columns.map(({ name, type }, index) =>
    field(name, type, ({ row }) => row.values[index] ?? null),
  );
  const caption = shape.caption ? [field('caption', STRING, ({ row }) => row.caption)] : [];
  const all = shape.caption && shape.mergesCaptions ? [ALL_CAPTIONS] : [];
  return [...carried, ...caption, ...all, field('url', STRING, ({ row }) => row.url)];
}

function outcomeFields(shape: DatasetShape): Field[] {
  return [
    field('key', STRING, ({ key }) => key),
    field('status', STRING, ({ result }) => (result.ok ? 'success' : failureStatus(result.code))),
    field('error_message', STRING, ({ result }) => (result.ok ? null : result.message)),
    imageField('width', INT32, (image) => image.width),
    imageField('height', INT32, (image) => image.height),
    imageField('original_width', INT32, (image) => image.originalWidth),
    imageField('original_height', INT32, (image) => image.originalHeight),
    ...(shape.exif ? [imageField('exif', STRING, (image) => image.exif)] : []),
  ];
}

/** In the format parquet the metadata holds the images, in the column after those of img2dataset. */
function imageBytes({ encodeFormat }: DatasetShape): Field {
  return imageField(imageColumn(encodeFormat), { kind: 'bytes' }, (image) => image.bytes);
}

function hashField({ hash }: DatasetShape): Field[] {
  return hash === null ? [] : [imageField(hash, STRING, (image) => image.hash)];
}

/** The record is either among the fields of the JSON or behind them, where only the metadata has it. */
function rightsField({ rights, rightsInJson }: DatasetShape, inJson: boolean): Field[] {
  if (rights === null || rightsInJson !== inJson) return [];
  return [field('rights', STRING, ({ result }) => rightsText(result, rights))];
}

function fetchFields(): Field[] {
  return [
    field('failure_code', STRING, ({ result }) => (result.ok ? null : result.code)),
    fetchField('http_status', INT32, (fetch) => fetch.httpStatus),
    fetchField('final_url', STRING, (fetch) => fetch.finalUrl),
    fetchField('attempts', INT32, (fetch) => fetch.attempts),
    fetchField('bytes', INT64, (fetch) => bigintOrNull(fetch.bytes)),
    fetchField('mime_type', STRING, (fetch) => fetch.mimeType),
    fetchField('fetched_at', MILLISECONDS_UTC, (fetch) => bigintOrNull(fetch.fetchedAt)),
  ];
}

function field(name: string, type: ColumnType, valueIn: Field['valueIn']): Field {
  return { column: { name, type }, valueIn };
}

function imageField(name: string, type: ColumnType, pick: (image: EncodedImage) => Value): Field {
  return field(name, type, ({ result }) => (result.ok ? pick(result.image) : null));
}

function fetchField(name: string, type: ColumnType, pick: (fetch: FetchFacts) => Value): Field {
  return field(name, type, ({ result }) => pick(result.fetch));
}

function bigintOrNull(value: number | null): bigint | null {
  return value === null ? null : BigInt(Math.trunc(value));
}
