import { parseTarget } from '../../fetch/target.ts';
import { type Digest, digestOf } from '../../util/hash-table.ts';

/**
 * Digest of a URL as it is requested: lower-case host, no default port, no fragment, escapes as in the URL standard. Null
 * for what is not a URL. `baseUrl`: what relative URLs are relative to.
 */
export function urlDigest(url: string | null, baseUrl: string | null): Digest | null {
  const target = parseTarget(url, baseUrl);
  if ('code' in target) return null;
  const { origin, pathname, search } = target.url;
  return digestOf(origin + pathname + search);
}
