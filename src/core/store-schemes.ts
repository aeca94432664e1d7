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

type BucketKind = (typeof STORE_SCHEMES)[keyof typeof STORE_SCHEMES];

/** A place in a store of objects, as the user wrote it. */
export type StoreLocation = BucketLocation | StoredDataset;

interface BucketLocation {
  readonly kind: BucketKind;
  readonly bucket: string;
  /** Of Azure, if the address names it, as in `abfss://container@account.dfs.core.windows.net`. */
  readonly account?: string;
  /** Path within the bucket, without slashes at its ends; may be empty. */
  readonly path: string;
}

/** A dataset on the Hugging Face hub, and a path in it. */
interface StoredDataset {
  readonly kind: 'hub';
  /** `owner/name` */
  readonly bucket: string;
  /** A branch; null for the main branch. */
  readonly revision: string | null;
  readonly path: string;
}

/** For messages. */
export const STORE_EXAMPLES =
  's3://bucket/path, gs://bucket/path, az://container/path or hf://datasets/owner/name/path';

/**
 * The location that a text such as `s3://bucket/laion` names; null if it does not begin with a scheme of a store. What
 * stands before the bucket, such as `user:password@`, is no part of one and makes the text none.
 */
export function parseStoreLocation(text: string): StoreLocation | null {
  const dataset = parseHubLocation(text);
  if (dataset !== null) {
    const { name, revision, path } = dataset;
    return { kind: 'hub', bucket: name, revision, path };
  }
  const [, scheme = '', root = '', path = ''] =
    /^([a-z][a-z0-9+.-]*):\/\/([^/\s]+)(\/.*)?$/is.exec(text) ?? [];
  const kind: BucketKind | undefined = STORE_SCHEMES[scheme.toLowerCase() as keyof typeof STORE_SCHEMES];
  const [, bucket, account] = (kind === 'azure' ? AZURE_ROOT : /^([^@]+)()$/).exec(root) ?? [];
  if (kind === undefined || bucket === undefined) return null;
  return { kind, bucket, ...(account ? { account } : {}), path: path.replace(/^\/+|\/+$/g, '') };
}

const AZURE_ROOT = /^([^@:]+)(?:@([a-z0-9]+)\.(?:dfs|blob)\.core\.windows\.net)?$/i;

const SCHEMES: Readonly<Record<BucketKind, string>> = { s3: 's3', google: 'gs', azure: 'az' };

/** The bucket of a location in one spelling: `s3://bucket`. */
export function storeRoot({ kind, bucket, account }: BucketLocation): string {
  return account === undefined
    ? `${SCHEMES[kind]}://${bucket}`
    : `abfss://${bucket}@${account}.dfs.core.windows.net`;
}

/** A dataset on the Hugging Face hub and a path in it: `hf://datasets/owner/name@revision/path`. */
export interface HubLocation {
  readonly name: string;
  /** A branch, tag or commit; null for the main branch. */
  readonly revision: string | null;
  /** Without slashes at its ends; may be empty. */
  readonly path: string;
}

/** References with a slash are written as they are, as the Python client does it; in other revisions it is escaped. */
const LOCATION = /^hf:\/\/datasets\/([^/@]+\/[^/@]+)(?:@(refs\/(?:convert|pr)\/[^/]+|[^/]+))?(?:\/(.*))?$/is;

/** Null if the text names no dataset of the hub. */
export function parseHubLocation(text: string): HubLocation | null {
  const [, name, revision, path = ''] = LOCATION.exec(text) ?? [];
  if (name === undefined) return null;
  return {
    name,
    revision: revision === undefined ? null : decoded(revision).replace(/^~/, 'refs/convert/'),
    path: path.replace(/^\/+|\/+$/g, ''),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
