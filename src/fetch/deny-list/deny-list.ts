import { hash } from 'node:crypto';
import type { FailureCode } from '../../core/failures.ts';
import { type DenyKind, type DenyTable, hashOfEntry } from './deny-table.ts';

/** The part of a parsed URL that a list is asked about. */
interface DenyTarget {
  readonly url: URL;
  readonly host: string;
}

/** Why a row is denied. The message is one of a closed set, so that statistics count each reason. */
export interface Denial {
  readonly code: Extract<FailureCode, 'deny_list'>;
  readonly message: string;
}

const denial = (what: string): Denial => ({ code: 'deny_list', message: `${what} is in --deny-list` });
const URL_DENIED = denial('the URL');
const HOST_DENIED = denial('the host');
const DOMAIN_DENIED = denial('the domain');
const URL_DIGEST_DENIED = denial('the digest of the URL');
const BYTES_DENIED = denial('the digest of the image');

/**
 * Answers whether URLs, hosts and bytes are on a deny list. An entry takes 8 bytes: a 64-bit hash stands for it. So no
 * entry is ever missed, and of a billion rows against ten million entries one row in all is denied by mistake with a
 * chance of 1 in 1,800.
 */
export class DenyList {
  readonly #hashes: BigUint64Array;
  readonly #counts: DenyTable['counts'];

  constructor({ hashes, counts }: DenyTable) {
    this.#hashes = hashes;
    this.#counts = counts;
  }

  /** Why a URL must not be requested; null if it may. `text`: the URL as the index has it; null for that of a redirect. */
  refusesTarget(target: DenyTarget, text: string | null): Denial | null {
    if (this.#has('host', target.host)) return HOST_DENIED;
    if (this.#hasDomain(target.host)) return DOMAIN_DENIED;
    if (this.#has('url', urlKey(target))) return URL_DENIED;
    const { href } = target.url;
    const isListed =
      this.#hasDigest('url-', href) || (text !== null && text !== href && this.#hasDigest('url-', text));
    return isListed ? URL_DIGEST_DENIED : null;
  }

  /** Why downloaded bytes must not be kept; null if they may. */
  refusesBytes(bytes: Uint8Array): Denial | null {
    return this.#hasDigest('', bytes) ? BYTES_DENIED : null;
  }

  /** Why bytes with this digest, in lower-case hexadecimal, must not be kept; null if they may. */
  refusesDigest(algorithm: 'sha256' | 'md5', digest: string): Denial | null {
    return this.#has(algorithm, digest) ? BYTES_DENIED : null;
  }

  #hasDomain(host: string): boolean {
    if (this.#counts.domain === 0) return false;
    for (let from = 0; ; ) {
      if (this.#has('domain', host.slice(from))) return true;
      const dot = host.indexOf('.', from);
      if (dot === -1) return false;
      from = dot + 1;
    }
  }

  #hasDigest(prefix: 'url-' | '', data: string | Uint8Array): boolean {
    return (['sha256', 'md5'] as const).some((algorithm) => {
      const kind: DenyKind = `${prefix}${algorithm}`;
      return this.#counts[kind] > 0 && this.#has(kind, hash(algorithm, data, 'hex'));
    });
  }

  #has(kind: DenyKind, text: string): boolean {
    if (this.#counts[kind] === 0) return false;
    const wanted = hashOfEntry(kind, text);
    let [low, high] = [0, this.#hashes.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#hashes[middle] ?? 0n) < wanted) low = middle + 1;
      else high = middle;
    }
    return this.#hashes[low] === wanted;
  }
}

/** A URL as a list has it: without its scheme, so that an entry denies the image over http and over https. */
export function urlKey({ url, host }: DenyTarget): string {
  return urlKeyOf(host, url.port, url.pathname + url.search);
}

/** The same of a URL in parts. RFC 3986, 6.2.2: `%7e`, `%7E` and `~` are equal; reserved characters and their codes are not. */
export function urlKeyOf(host: string, port: string, path: string): string {
  const plain = path.includes('%') ? path.replace(/%[\da-f]{2}/gi, plainCode) : path;
  return `${host}:${port}${plain}`;
}

function plainCode(code: string): string {
  const character = String.fromCharCode(Number.parseInt(code.slice(1), 16));
  return /[\w.~-]/.test(character) ? character : code.toUpperCase();
}
