import type { HostKey } from '../../core/samples.ts';
import type { Visit } from '../hosts/connections/open-visits.ts';
import type { Host } from '../hosts/host.ts';
import type { HostBook } from '../hosts/host-book.ts';
import type { Closure } from '../hosts/host-record.ts';
import type { AddressLimit } from './address-limit.ts';
import type { RunLimits } from './run-limits.ts';

/** What the frontier must know about the rules of hosts. */
export interface HostRules<T> {
  /** Called before a row starts, which may make it ask for the rules first. Returns false if the row has been ended instead. */
  readonly start: (row: T) => boolean;
  /** Whether a row asks for the host's rules, so that no other row of it may start until `review` is called. */
  readonly isAsked: (host: HostKey) => boolean;
}

export interface FrontierOptions<T> {
  /** Maximum rows under way, over all hosts. */
  readonly concurrency: number;
  readonly book: HostBook;
  readonly limits: RunLimits;
  /** The limit of connections by IP address; undefined for none. */
  readonly addressLimit?: AddressLimit | undefined;
  /**
   * Sends one request for the row, and lets the host learn from it. The row's place is free again when the promise
   * resolves. It must not reject.
   */
  readonly run: (row: T, host: Host, visit: Visit) => Promise<void>;
  /** Hosts' own rules (robots.txt), which are asked for first; undefined if they are not. */
  readonly rules?: HostRules<T> | undefined;
  /** Ends a row whose host is closed. */
  readonly refuse: (row: T, closure: Closure) => void;
  readonly now?: () => number;
}

/**
 * Rows that a run keeps waiting in the queues of their hosts. There are enough that a burst of one host in the index
 * does not stop the others, and that the run discovers hosts that may never answer well before its end.
 */
export const READ_AHEAD_ROWS = 16_384;
