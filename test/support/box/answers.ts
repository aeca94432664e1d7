import type { MalformedDns } from '../servers/malformed-dns.ts';

/**
 * The answers of the box's web as plain data. JSON can hold everything here but the functions, as in fixtures/web.json.
 */
export interface WebScript {
  /** By lower-case host name; `*` stands for every other name. Names without a script resolve and answer 404. */
  readonly hosts: Readonly<Record<string, HostScript>>;
}

export interface HostScript {
  /** Default: the name resolves to the box. With several answers, each query gets the next; the last one repeats. */
  readonly dns?: DnsAnswer | readonly DnsAnswer[] | ((name: string) => DnsAnswer);
  /** Default: `trusted`. */
  readonly tls?: TlsFlavour;
  readonly rateLimit?: RateLimit;
  /** By path with query, otherwise path alone, otherwise `*`. */
  readonly paths?: Readonly<Record<string, Reply>>;
}

export type DnsAnswer =
  | {
      /** IPv4 addresses; `box` is the address of the box. Default: `['box']`. An empty list means "no data". */
      readonly a?: readonly string[];
      /** IPv6 addresses. Default: none. */
      readonly aaaa?: readonly string[];
      /** Default: 60. */
      readonly ttlSeconds?: number;
      /** Over UDP, answers only that the answer does not fit; sends it over TCP. */
      readonly truncated?: boolean;
      /** Milliseconds before the answer is sent. */
      readonly delayMs?: number;
    }
  | { readonly cname: string; readonly ttlSeconds?: number }
  | { readonly rcode: 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED' }
  | { readonly malformed: MalformedDns }
  | { readonly silent: true };

/**
 * The certificate that a host shows. `trusted` names every host of the script except those that `*` stands for.
 * `weak-digest` is signed with SHA-1. `refused` closes the connection during the handshake, `silent` stops answering.
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

/** With several answers, each request of either scheme gets the next; the last one repeats. */
export type Reply = Answer | readonly Answer[] | ((request: BoxRequest) => Answer);

export interface BoxRequest {
  readonly scheme: 'http' | 'https';
  readonly method: string;
  readonly host: string;
  /** Including the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** One HTTP answer. Every field is optional: `{}` is an empty 200. */
export interface Answer {
  /** Default: 200, with `redirect` 302. */
  readonly status?: number;
  /** Pairs in the order of sending; a name may repeat. Without a Content-Type, the box guesses one. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: Body;
  /** Content codings, applied in turn and named in Content-Encoding: `gzip`, `br`, `gzip,gzip`. */
  readonly encoding?: string;
  /** The Location, relative or absolute. The box replaces the placeholder ports of `ports.ts` with its own. */
  readonly redirect?: string;
  /** Milliseconds before the box sends anything. */
  readonly delayMs?: number;
  /** Sends the body in pieces instead of at once. */
  readonly drip?: { readonly bytes: number; readonly everyMs: number };
  /** The Content-Length to send, whatever the length of the body. */
  readonly announcedLength?: number;
  /** Closes the connection cleanly after this many bytes of the body, although the headers announce its full length. */
  readonly truncateAt?: number;
  /** Announces no length; the body ends when the server closes the connection. */
  readonly untilClose?: boolean;
  /** Resets the connection; `mid-body` does so after half of the body. */
  readonly reset?: 'before-headers' | 'mid-body';
  /** Reads the request and never answers it. */
  readonly hang?: boolean;
  /** Sends a body without end, as fast as the client reads. */
  readonly endless?: boolean;
  /** Sends `103 Early Hints` again and again instead of an answer. */
  readonly earlyHintsForever?: boolean;
  /** Adds `count` headers with values of `bytes` bytes. */
  readonly headerFlood?: { readonly count: number; readonly bytes: number };
  /** Text to write to the connection unchanged (Latin-1) instead of an HTTP answer; then the connection closes. */
  readonly raw?: string;
}

export type Body =
  /** Path of a file below fixtures/. */
  | { readonly fixture: string }
  | { readonly text: string }
  | { readonly base64: string }
  /** So many zero bytes. */
  | { readonly zeros: number }
  /** A PNG of this size; other seeds give other images. */
  | { readonly image: { readonly width: number; readonly height: number; readonly seed: number } };
