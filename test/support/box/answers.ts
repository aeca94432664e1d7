import type { MalformedDns } from '../servers/malformed-dns.ts';

/**
 * What the box's web says, as plain data: everything here but the functions can be written in JSON, as in
 * fixtures/web.json.
 */
export interface WebScript {
  /** By lower-case host name; `*` covers every other name. A name without a script resolves and answers 404. */
  readonly hosts: Readonly<Record<string, HostScript>>;
}

export interface HostScript {
  /** Default: the name resolves to the box. Each query takes the next of several answers; the last one repeats. */
  readonly dns?: DnsAnswer | readonly DnsAnswer[] | ((name: string) => DnsAnswer);
  /** Default: `trusted`. */
  readonly tls?: TlsFlavour;
  readonly rateLimit?: RateLimit;
  /** By path with its query, else path alone, else `*`. */
  readonly paths?: Readonly<Record<string, Reply>>;
}

export type DnsAnswer =
  | {
      /** IPv4 addresses; `box` means the box's own. Default: `['box']`; an empty list is "no data". */
      readonly a?: readonly string[];
      /** IPv6 addresses. Default: none. */
      readonly aaaa?: readonly string[];
      /** Default: 60. */
      readonly ttlSeconds?: number;
      /** Over UDP the answer says only that it does not fit; over TCP it is sent. */
      readonly truncated?: boolean;
      /** Milliseconds until the answer is sent. */
      readonly delayMs?: number;
    }
  | { readonly cname: string; readonly ttlSeconds?: number }
  | { readonly rcode: 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED' }
  | { readonly malformed: MalformedDns }
  | { readonly silent: true };

/**
 * The certificate a host shows. `trusted` names every host of the script but not those that `*` speaks for. `weak-digest`
 * is signed with SHA-1. `refused` closes the connection during the handshake, `silent` never goes on with it.
 */
export type TlsFlavour =
  | 'trusted'
  | 'self-signed'
  | 'expired'
  | 'wrong-host'
  | 'weak-digest'
  | 'refused'
  | 'silent';

/** Requests beyond either limit get `answer`. Default: a 429 with `Retry-After: 1`. */
export interface RateLimit {
  readonly connections?: number;
  readonly perSecond?: number;
  readonly answer?: Answer;
}

/** Of several answers each request takes the next, whatever its scheme; the last one repeats. */
export type Reply = Answer | readonly Answer[] | ((request: BoxRequest) => Answer);

export interface BoxRequest {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** One HTTP answer. All of it is optional: `{}` is an empty 200. */
export interface Answer {
  /** Default: 200, with `redirect` 302. */
  readonly status?: number;
  /** Pairs in the order in which they are sent; a name may repeat. Content-Type is guessed when it is not given. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: Body;
  /** Content codings, applied one after the other and named in Content-Encoding: `gzip`, `br`, `gzip,gzip`. */
  readonly encoding?: string;
  /** The Location, relative or absolute; the placeholder ports of `ports.ts` become the box's. */
  readonly redirect?: string;
  /** Wait before anything is sent. */
  readonly delayMs?: number;
  /** The body in pieces instead of at once. */
  readonly drip?: { readonly bytes: number; readonly everyMs: number };
  /** The Content-Length, whatever the length of the body. */
  readonly announcedLength?: number;
  /** The connection ends cleanly after this many bytes of a body whose full length was announced. */
  readonly truncateAt?: number;
  /** No length is announced: the body ends when the server ends the connection. */
  readonly untilClose?: boolean;
  /** The connection is reset, `mid-body` after half of it. */
  readonly reset?: 'before-headers' | 'mid-body';
  /** The request is read and never answered. */
  readonly hang?: boolean;
  /** After the headers the body never ends, as fast as the client reads. */
  readonly endless?: boolean;
  /** `103 Early Hints` again and again instead of an answer. */
  readonly earlyHintsForever?: boolean;
  /** So many additional headers with values of so many bytes. */
  readonly headerFlood?: { readonly count: number; readonly bytes: number };
  /** Written to the connection as it is (Latin-1) instead of an HTTP answer; then the connection ends. */
  readonly raw?: string;
}

export type Body =
  /** A file, by its path below fixtures/. */
  | { readonly fixture: string }
  | { readonly text: string }
  | { readonly base64: string }
  /** So many zero bytes. */
  | { readonly zeros: number }
  /** A PNG of this size; other seeds give other images. */
  | { readonly image: { readonly width: number; readonly height: number; readonly seed: number } };
