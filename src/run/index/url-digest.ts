import type { Options } from '../../config/resolve.ts';
import { parseTarget } from '../../fetch/target.ts';
import { type Digest, digestOf } from '../../util/hash-table.ts';

/**
 * Digest of a URL as it is requested: lower-case host, no default port, no fragment, escapes as in the URL standard. Null
 * for what is not a URL.
 */
export function urlDigest(
  url: string | null,
  { baseUrl, allowStore }: Pick<Options, 'baseUrl' | 'allowStore'>,
): Digest | null {
  const target = parseTarget(url, baseUrl, allowStore);
  if ('code' in target) return null;
  const { protocol, host, pathname, search } = target.url;
  return digestOf(`${protocol}//${host}${pathname}${search}`);
}
