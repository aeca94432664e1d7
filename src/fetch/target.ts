import type { FailureCode } from '../core/failures.ts';
import type { HostKey } from '../core/samples.ts';
import { isLonger, MAX_URL_BYTES } from '../core/text-limits.ts';
import { parseUrl } from '../util/text/parse-url.ts';
import { canonicalAddress } from './connect/addresses.ts';
import { isStoreUrl, parseStoreUrl, storedObject } from './stores/store-url.ts';

/** A parsed URL, with what the scheduler needs from it. */
export interface Target {
  readonly url: URL;
  /** The same for every spelling of the host, so that all its URLs share one limit. */
  readonly host: HostKey;
  readonly port: number;
}

/**
 * Parses a URL of the index or of a redirect, relative to `base`. If that is a scheme alone (`https://`), it is the scheme
 * of URLs that begin with their host. User name, password and fragment are dropped:
 * they are never sent. Control characters inside a URL make it invalid. `stores`: places whose objects are targets, too.
 */
export function parseTarget(
  text: string | null,
  base: string | null = null,
  stores: readonly string[] = [],
): Target | { readonly code: FailureCode } {
  if (text === null || text.trim() === '') return { code: 'url_missing' };
  if (isLonger(text, MAX_URL_BYTES)) return { code: 'url_too_long' };
  // The URL standard drops tabs and line breaks, which glues a URL to the text after it.
  if (hasControlInside(text)) return { code: 'url_invalid' };
  const stored = stores.length === 0 ? null : parseStoreUrl(text.trim(), stores);
  if (stored !== null) return toTarget(stored);
  const url = isSchemeAlone(base) ? parseHostFirst(text, base) : parseUrl(text, base ?? undefined);
  if (url === null) return { code: 'url_invalid' };
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return { code: 'url_scheme' };
  if (url.hostname.endsWith('.') && !trimRoot(url)) return { code: 'url_invalid' };
  url.username = '';
  url.password = '';
  url.hash = '';
  return toTarget(url);
}

const isSchemeAlone = (base: string | null): base is string => base?.endsWith('://') ?? false;

/** A scheme before a URL, but not a host before its port. */
const SCHEME = /^[a-z][a-z\d+.-]*:(?!\d)/i;

function parseHostFirst(text: string, scheme: string): URL | null {
  const inner = text.trim();
  if (SCHEME.test(inner)) return parseUrl(inner);
  const host = inner.replace(/^\/\//, '');
  return /^[/?#]/.test(host) ? null : parseUrl(scheme + host);
}

/** Whether a control character is part of the text, blanks and line breaks at its edges apart. */
function hasControlInside(text: string): boolean {
  const inner = text.trim();
  for (let at = 0; at < inner.length; at += 1) {
    const unit = inner.charCodeAt(at);
    if (unit < 0x20 || unit === 0x7f) return true;
  }
  return false;
}

/** Parses the URL of a target again, for example in another thread. */
export function parseKnownUrl(url: string): Target {
  return toTarget(new URL(url));
}

function toTarget(url: URL): Target {
  if (isStoreUrl(url)) return { url, host: storedObject(url).root as HostKey, port: 443 };
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return { url, host: bareHost(url.hostname) as HostKey, port };
}

/** The host without the brackets of an IPv6 literal and without the dot of the DNS root. */
function bareHost(hostname: string): string {
  return hostname.startsWith('[') ? canonicalAddress(hostname.slice(1, -1)) : withoutRoot(hostname);
}

/**
 * Leaves the host at most one dot of the DNS root. Without the others the URL standard reads it again, so that
 * `127.1..` becomes the address that it is. Returns false if no host is left.
 */
function trimRoot(url: URL): boolean {
  const name = withoutRoot(url.hostname);
  if (name === '') return false;
  if (url.hostname !== `${name}.`) url.hostname = name;
  return !url.hostname.endsWith('..');
}

function withoutRoot(hostname: string): string {
  let end = hostname.length;
  while (hostname[end - 1] === '.') end -= 1;
  return hostname.slice(0, end);
}
