import type { HostRulesOptions } from './host-rules.ts';
import type { HeaderPolicy } from './http/header-signals.ts';
import { createOptOutPolicy } from './http/x-robots-tag.ts';

/** What a fetcher needs from the options of a run. */
export interface FetchSettings {
  /** Maximum requests under way, over all hosts. */
  readonly concurrency: number;
  /** Maximum connections to one host. Below 1: one connection for that share of the time. */
  readonly perHost: number;
  /** Whether other machines ask the same hosts, so that connections need a share of the run's. */
  readonly sharesHosts?: boolean;
  /** Maximum connections to one IP address; null for no limit. Has no effect with a proxy. */
  readonly perAddress: number | null;
  /** Requests a second to one host; null for no limit. */
  readonly perHostRate: number | null;
  /** Requests a second over all hosts; null for no limit. */
  readonly rate: number | null;
  /** Bytes of bodies a second over all hosts; null for no limit. */
  readonly bandwidth: number | null;
  readonly timeoutMs: number;
  readonly deadlineMs: number;
  readonly maxBodyBytes: number;
  /** A body with fewer bytes, after content decoding, is a failure. */
  readonly minBodyBytes: number;
  /** Maximum bytes of bodies under way, over all hosts and all fetchers; each fetcher has room for at least two bodies. */
  readonly maxHeldBytes: number;
  readonly retries: number;
  readonly resolvers: readonly string[];
  readonly userAgent: string;
  /** More headers for the hosts of rows' own URLs, by their names in lower case. */
  readonly requestHeaders: Readonly<Record<string, string>>;
  /** What relative URLs of the index are relative to; null if they are invalid. */
  readonly baseUrl: string | null;
  /** Another robot name by which X-Robots-Tag may address us. */
  readonly userAgentToken: string | null;
  /** Places in stores whose objects are fetched, too: `s3://bucket`, `gs://bucket/folder`. */
  readonly allowStore: readonly string[];
  readonly optOutDirectives: readonly string[];
  readonly rights: HostRulesOptions;
  /** Whether rows ask only for headers, to see what these say about rights. */
  readonly headersOnly: boolean;
  /** Networks in CIDR notation. */
  readonly allowPrivate: readonly string[];
  readonly ports: readonly number[];
  readonly insecureTls: boolean;
  /** `http://[user:password@]host:port`; null to dial hosts directly. */
  readonly proxy: string | null;
}

/** What headers about rights do; null if they are not read. */
export function createHeaderPolicy(
  { rights, optOutDirectives, userAgentToken }: FetchSettings,
  licence: HeaderPolicy['licence'],
): HeaderPolicy | null {
  const { policy, tokens } = rights;
  if (policy === 'off') return null;
  const own = userAgentToken === null ? tokens : [userAgentToken, ...tokens];
  const optOut = createOptOutPolicy(optOutDirectives, own);
  return { policy, optOut, ...(licence && { licence }) };
}
