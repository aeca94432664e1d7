import { urlKey, urlKeyOf } from '../../fetch/deny-list/deny-list.ts';
import type { DenyKind } from '../../fetch/deny-list/deny-table.ts';
import { parseTarget } from '../../fetch/target.ts';

/** An entry in the form in which a deny list compares it. */
export interface DenyEntry {
  readonly kind: DenyKind;
  readonly text: string;
}

const DIGEST = /^(?:(url-)?(sha256|md5):)?([\da-f]+)$/i;
const DEFAULT_PORTS: ReadonlySet<string> = new Set(['80', '443']);
const DIGITS = { sha256: 64, md5: 32 } as const;

/**
 * Reads an entry: a URL; `*.a.example` or `.a.example` for a domain with all names below it; `a.example` for one host;
 * `sha256:…` and `md5:…` for bytes, `url-sha256:…` and `url-md5:…` for the text of a URL. A digest without a prefix is
 * both. Null for what is none of these, such as a star anywhere else.
 */
export function parseEntry(line: string): readonly DenyEntry[] | null {
  const text = line.trim();
  const digest = readDigest(text);
  if (digest !== null) return digest;
  if (/^(?:[a-z][a-z\d+.-]*:)?\/\/|^https?:(?!\d)/i.test(text)) return urlEntry(text);
  if (/^(?:url-)?(?:sha256|md5):/i.test(text)) return null;
  const domain = /^\*?\.(.+)$/.exec(text)?.[1];
  if (domain !== undefined) return hostEntry('domain', domain);
  // A URL without its scheme has a path.
  return text.includes('/') ? urlEntry(`//${text}`) : hostEntry('host', text);
}

/** The entry that a value is in a column of this kind. */
export function entryOf(kind: DenyKind, value: string): readonly DenyEntry[] | null {
  if (kind === 'url') return urlEntry(value);
  if (kind === 'host') return hostEntry(kind, value.trim());
  if (kind === 'domain') return hostEntry(kind, value.trim().replace(/^\*?\./, ''));
  return readDigest(`${kind}:${value.trim()}`);
}

function readDigest(text: string): readonly DenyEntry[] | null {
  const [, prefix, algorithm, digits = ''] = DIGEST.exec(text) ?? [];
  const name = (['sha256', 'md5'] as const).find((each) => digits.length === DIGITS[each]);
  if (name === undefined || (algorithm !== undefined && algorithm.toLowerCase() !== name)) return null;
  const lower = digits.toLowerCase();
  const entry = (kind: DenyKind): DenyEntry => ({ kind, text: lower });
  if (algorithm === undefined) return [entry(name), entry(`url-${name}`)];
  return [entry(prefix === undefined ? name : `url-${name}`)];
}

/** A URL that the URL standard leaves as it is. Most are, and parsing is most of the time that a long list takes. */
const PLAIN_URL =
  /^https?:\/\/((?:(?!xn--)[a-z\d][a-z\d-]*\.)+(?!xn--)[a-z]{2,63})(?::([1-9]\d{0,3}))?((?:\/(?!\.|%2e)[\w~.%=&+:@,;-]*)+(?:\?[\w~.%=&+:@,;/?-]+)?)$/i;

function urlEntry(text: string): readonly DenyEntry[] | null {
  const [, host, port = '', path] = PLAIN_URL.exec(text) ?? [];
  if (host !== undefined && path !== undefined && host === host.toLowerCase() && !DEFAULT_PORTS.has(port)) {
    return [{ kind: 'url', text: urlKeyOf(host, port, path) }];
  }
  const target = parseTarget(text, 'https://');
  if ('code' in target || !isHostName(target.host) || target.url.pathname.endsWith('/*')) return null;
  return [{ kind: 'url', text: urlKey(target) }];
}

/** The URL standard takes `*.a.example` or `"a.example"` for a name, too, which no image would ever match. */
const isHostName = (host: string): boolean => /^[a-z\d._:-]+$/.test(host);

function hostEntry(kind: 'host' | 'domain', name: string): readonly DenyEntry[] | null {
  if (name === '' || /[\s/?#@]/.test(name)) return null;
  const target = parseTarget(`https://${name}/`);
  return 'code' in target || !isHostName(target.host) ? null : [{ kind, text: target.host }];
}
