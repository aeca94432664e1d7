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
  'duplicate_of',
  'http_status',
  'final_url',
  'attempts',
  'bytes',
  'mime_type',
  'fetched_at',
]);
