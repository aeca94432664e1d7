import { parseKnownUrl } from './target.ts';

/**
 * Whether a request for `url` gets the headers that the user adds (`--request-header`). They are for the host of the row's
 * own URL: a redirect to another host or port, or from https to http, does not carry them.
 */
export function getsOwnHeaders(firstUrl: string, url: URL): boolean {
  if (firstUrl === url.href) return true;
  const first = parseKnownUrl(firstUrl).url;
  if (first.hostname !== url.hostname) return false;
  return first.origin === url.origin || (first.protocol === 'http:' && url.protocol === 'https:');
}
