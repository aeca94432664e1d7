/** Kinds of stores by the schemes of their addresses, with the spellings of fsspec that img2dataset's command lines have. */
const STORE_SCHEMES = {
  s3: 's3',
  s3a: 's3',
  s3n: 's3',
  gs: 'google',
  gcs: 'google',
  az: 'azure',
  abfs: 'azure',
  abfss: 'azure',
} as const satisfies Readonly<Record<string, string>>;

type StoreKind = (typeof STORE_SCHEMES)[keyof typeof STORE_SCHEMES];

/** A place in a store of objects, as the user wrote it. */
export interface StoreLocation {
  readonly kind: StoreKind;
  readonly bucket: string;
  /** Of Azure, if the address names it, as in `abfss://container@account.dfs.core.windows.net`. */
  readonly account?: string;
  /** Path within the bucket, without slashes at its ends; may be empty. */
  readonly path: string;
}

/** For messages. */
export const STORE_EXAMPLES = 's3://bucket/path, gs://bucket/path or az://container/path';

/**
 * The location that a text such as `s3://bucket/laion` names; null if it does not begin with a scheme of a store. What
 * stands before the bucket, such as `user:password@`, is no part of one and makes the text none.
 */
export function parseStoreLocation(text: string): StoreLocation | null {
  const [, scheme = '', root = '', path = ''] =
    /^([a-z][a-z0-9+.-]*):\/\/([^/\s]+)(\/.*)?$/is.exec(text) ?? [];
  const kind: StoreKind | undefined = STORE_SCHEMES[scheme.toLowerCase() as keyof typeof STORE_SCHEMES];
  const [, bucket, account] = (kind === 'azure' ? AZURE_ROOT : /^([^@]+)()$/).exec(root) ?? [];
  if (kind === undefined || bucket === undefined) return null;
  return { kind, bucket, ...(account ? { account } : {}), path: path.replace(/^\/+|\/+$/g, '') };
}

const AZURE_ROOT = /^([^@:]+)(?:@([a-z0-9]+)\.(?:dfs|blob)\.core\.windows\.net)?$/i;

const SCHEMES: Readonly<Record<StoreKind, string>> = { s3: 's3', google: 'gs', azure: 'az' };

/** The bucket of a location in one spelling: `s3://bucket`. */
export function storeRoot({ kind, bucket, account }: StoreLocation): string {
  return account === undefined
    ? `${SCHEMES[kind]}://${bucket}`
    : `abfss://${bucket}@${account}.dfs.core.windows.net`;
}
