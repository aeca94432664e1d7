import type { FailureCode } from '../core/failures.ts';

/** The progress of a download or a retry. Rates are those of the last ten seconds. */
export interface Progress {
  /** Rows with an outcome, including those of earlier calls for the same dataset. */
  readonly rows: number;
  /** Rows to settle; null as long as the index does not tell. */
  readonly totalRows: number | null;
  /** Share of images among the rows of this call, 0 to 1; null before the first row. */
  readonly successRatio: number | null;
  readonly imagesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Null while it cannot be estimated. */
  readonly secondsLeft: number | null;
  /** Rows that wait for a later attempt, or for a host that limits its rate. */
  readonly delayedRows: number;
  readonly shardsWritten: number;
  /** Seconds since the call. */
  readonly seconds: number;
}

/**
 * A change in how a host is treated. `learntFrom`: where it comes from, if not from the host's answers: other machines of
 * the run (`queue`), or a shard that waits for it no longer.
 */
export type HostChange =
  /** It is left alone for `forMs` milliseconds, after failures of which `cause` was the last; its rows get `code`. */
  | {
      readonly kind: 'closed';
      readonly code: FailureCode;
      readonly cause: FailureCode;
      readonly forMs: number;
      readonly learntFrom?: 'machines' | 'patience';
    }
  /** It answered 429 or 503; no request goes to it for `pauseMs` milliseconds. */
  | {
      readonly kind: 'paused';
      readonly status: number;
      readonly pauseMs: number;
      readonly learntFrom?: 'machines';
    }
  /** It answered 429; from now on it gets this many requests per second. */
  | { readonly kind: 'rate-limited'; readonly requestsPerSecond: number }
  /** It refused or dropped requests; from now on it gets at most this many connections at a time. */
  | { readonly kind: 'connection-limit-lowered'; readonly connections: number };

/** An event of a download or a retry. */
export type DownloadEvent =
  | {
      /** The index is open; from here on the dataset's folder is written. */
      readonly type: 'started';
      /** Rows to settle; null as long as the index does not tell. */
      readonly rows: number | null;
      /** Rows and shards of earlier calls for the same dataset, which are not fetched again. */
      readonly rowsBefore: number;
      readonly shardsBefore: number;
    }
  /** Once a second, and once at the end. */
  | ({ readonly type: 'progress' } & Progress)
  /** A shard is complete, all its files under their final names. */
  | {
      readonly type: 'shard';
      /** First part of its files' names: `00012`. */
      readonly name: string;
      readonly rows: number;
      readonly successes: number;
    }
  /** A row of the index could not be read; it has the failure code `bad_row` in the dataset. */
  | { readonly type: 'unreadable-row'; readonly file: string; readonly reason: string }
  /** A host is treated differently from now on. */
  | { readonly type: 'host'; readonly host: string; readonly change: HostChange }
  /** Something that a person should know, in one sentence. */
  | { readonly type: 'notice'; readonly message: string };

/** What a call accepts in addition to its options. */
export interface RunHooks {
  /** Called synchronously for each event. If it throws, the call ends and its promise rejects with the same error. */
  readonly onEvent?: ((event: DownloadEvent) => void) | undefined;
  /** Aborting ends the call as Ctrl-C ends the command: it settles within ten seconds, and the same call resumes. */
  readonly signal?: AbortSignal | undefined;
}

/** What `merge` and `columns` accept in addition to their options. */
export interface ChangeHooks {
  /** Receives what a person should know about the datasets. */
  readonly onNotice?: ((message: string) => void) | undefined;
  /** Aborting ends the call between two shards; the same call resumes. */
  readonly signal?: AbortSignal | undefined;
}
