/** A place in a store of objects, as the user wrote it. */
export interface ObjectLocation {
  readonly kind: 's3';
  readonly bucket: string;
  /** Path within the bucket, without slashes at its ends; may be empty. */
  readonly path: string;
}

/** Also the spellings of fsspec, which img2dataset's command lines have. */
const KINDS: Readonly<Record<string, ObjectLocation['kind']>> = { s3: 's3', s3a: 's3', s3n: 's3' };

/**
 * The location that a text such as `s3://bucket/laion` names; null if it does not begin with a scheme of a store. What
 * stands before the bucket, such as `user:password@`, is no part of one and makes the text none.
 */
export function parseObjectLocation(text: string): ObjectLocation | null {
  const [, scheme = '', bucket = '', path = ''] =
    /^([a-z][a-z0-9+.-]*):\/\/([^/@\s]+)(\/.*)?$/is.exec(text) ?? [];
  const kind = KINDS[scheme.toLowerCase()];
  return kind === undefined ? null : { kind, bucket, path: path.replace(/^\/+|\/+$/g, '') };
}
