import type { FailureCode } from '../../core/failures.ts';
import type { AskedFile } from '../../core/rights/rule-files.ts';
import type { HostKey } from '../../core/samples.ts';
import type { RefusalStatus } from './backoff.ts';

/** Why and for how long a host is left alone; its rows fail with `code` meanwhile. */
export interface Closure {
  readonly code: Extract<FailureCode, 'host_dead' | 'host_throttled'>;
  /** The failure that closed it. */
  readonly cause: FailureCode;
  /** The moment from which the host may be asked again. */
  readonly until: number;
}

/** A pause that a host has asked for with 429 or 503, or a back-off. */
export interface HostPause {
  readonly status: RefusalStatus;
  readonly until: number;
}

/** A file of the rules of an origin, such as robots.txt, or a licence (RSL), as it was fetched. */
export interface KeptFile {
  readonly origin: string;
  readonly file: AskedFile;
  /** The URL of a licence, before redirects. */
  readonly asked?: string;
  /** Where it was found, after redirects. */
  readonly url: string;
  readonly at: number;
  /** One character for each byte; null if there is no such file. */
  readonly body: string | null;
}

/** What the next run should know about a host; moments in milliseconds since 1970. */
export interface HostRecord {
  readonly host: HostKey;
  readonly closed: Closure | null;
  /** A pause that is not over, even if a run does not care that the host is closed. */
  readonly paused?: HostPause;
  /** Milliseconds between requests, learnt from the host; 0 for none. */
  readonly intervalMs: number;
  /** Mean time of a request; null before the first complete answer. */
  readonly meanMs: number | null;
  /** The files of its rules that are less than a day old. */
  readonly files?: readonly KeptFile[];
}
