import { parseStoreLocation, storeRoot } from '../../core/store-schemes.ts';
import { parseUrl } from '../../util/text/parse-url.ts';

/** An object of a store, and the bucket that it is in: `s3://bucket`. */
export interface StoredObject {
  readonly root: string;
  readonly key: string;
}

/**
 * The URL of an object in a store, in one spelling, if it is in one of the places that `allowed` names: `s3://bucket`,
 * `gs://bucket/folder`. Null for any other text. The key is escaped as a whole, so that `storedObject` finds it again.
 */
export function parseStoreUrl(text: string, allowed: readonly string[]): URL | null {
  const location = parseStoreLocation(text);
  if (location === null || location.kind === 'hub' || location.path === '') return null;
  const address = `${storeRoot(location)}/${location.path}`;
  if (!allowed.some((place) => address.startsWith(`${place}/`))) return null;
  const segments = location.path.split('/');
  // The URL standard would leave them out.
  if (segments.some((segment) => segment === '.' || segment === '..')) return null;
  return parseUrl(`${storeRoot(location)}/${segments.map(escaped).join('/')}`);
}

export const isStoreUrl = ({ protocol }: URL): boolean => protocol !== 'http:' && protocol !== 'https:';

/** What a URL of `parseStoreUrl` names. */
export function storedObject(url: URL): StoredObject {
  const account = url.username === '' ? '' : `${url.username}@`;
  return {
    root: `${url.protocol}//${account}${url.host}`,
    key: decodeURIComponent(url.pathname.slice(1)),
  };
}

/** Half of a character pair alone, which text can hold, cannot be escaped. */
const escaped = (segment: string): string => encodeURIComponent(Buffer.from(segment).toString());
