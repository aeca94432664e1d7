import type { FailureCode } from '../../core/failures.ts';
import type { HostKey } from '../../core/samples.ts';
import type { RefusalStatus } from './backoff.ts';
import type { Closure } from './host-record.ts';

/**
 * A change in how one host is treated, for logs and summaries. Plain values: a lane can send it to another thread. Events
 * come only when something changes, never for each request.
 */
export type HostEvent = { readonly host: HostKey } & HostChange;

/** Where a change comes from, if not from the host's answers: other machines of the run, or a shard that waits no longer. */
export type Source = 'machines' | 'patience';

export type HostChange =
  /** The host is left alone for `forMs`; its rows end with `code`. `cause`: the failure that closed it. */
  | {
      readonly kind: 'closed';
      readonly code: Closure['code'];
      readonly cause: FailureCode;
      readonly forMs: number;
      readonly learntFrom?: Source;
    }
  /** The host answered 429 or 503; no request goes to it for `pauseMs`. */
  | {
      readonly kind: 'paused';
      readonly status: RefusalStatus;
      readonly pauseMs: number;
      readonly learntFrom?: 'machines';
    }
  /** The host answered 429; from now on it gets so many requests a second. */
  | { readonly kind: 'rate-limited'; readonly requestsPerSecond: number }
  /** The host refused or dropped requests; from now on it gets so many connections at a time. */
  | { readonly kind: 'connection-limit-lowered'; readonly connections: number };
