import type { OutputFormat } from './choices.ts';

/** Name of the column or feature that holds the image's bytes; img2dataset's, which lacks `original`. */
export function imageColumn(encodeFormat: string): string {
  return encodeFormat === 'original' ? 'image' : encodeFormat;
}

/** What decides which names samples need beside those of every dataset. */
export interface SampleShape {
  readonly format: OutputFormat;
  readonly encodeFormat: string;
  /** Whether samples have the column `all_captions`. */
  readonly mergesCaptions: boolean;
  /** Whether the metadata has the column `duplicate_of`. */
  readonly pointsToDuplicates: boolean;
  /** Whether the metadata has the column `subfolder`. */
  readonly hasSubfolders: boolean;
  /** The policy whose record samples have in the column `rights`; null for none. */
  readonly rights: string | null;
}

/** Names that such samples need beside those of every dataset. */
export function sampleColumns(shape: SampleShape): ReadonlySet<string> {
  const { format, encodeFormat } = shape;
  const ofFormat: Partial<Record<OutputFormat, readonly string[]>> = {
    parquet: [imageColumn(encodeFormat)],
    tfrecord: [imageColumn(encodeFormat), 'txt'],
  };
  return new Set([
    ...(ofFormat[format] ?? []),
    ...(shape.mergesCaptions ? ['all_captions'] : []),
    ...(shape.pointsToDuplicates ? ['duplicate_of'] : []),
    ...(shape.hasSubfolders ? ['subfolder'] : []),
    ...(shape.rights === null ? [] : ['rights']),
  ]);
}

/**
 * Names of the dataset's own metadata columns. A column of the index with one of these names is carried as
 * `index_<name>`: COYO's `width`, say, as `index_width`.
 */
export const RESERVED_COLUMNS: ReadonlySet<string> = new Set([
  'key',
  'caption',
  'url',
  'width',
  'height',
  'original_width',
  'original_height',
  'status',
  'error_message',
  'exif',
  'md5',
  'sha256',
  'sha512',
  'failure_code',
  'http_status',
  'final_url',
  'attempts',
  'bytes',
  'mime_type',
  'fetched_at',
]);
