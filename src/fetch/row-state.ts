import type { FetchFacts, HostKey } from '../core/samples.ts';
import type { Handover } from './handover.ts';
import type { FetchResult } from './result.ts';
import type { Target } from './target.ts';

/** A row on its way; redirects and later attempts go through the frontier again, under the host that is next asked. */
export interface RowState {
  /** Its place in the index. */
  readonly index: number;
  /** Its place among the rows of its host. */
  order: number;
  readonly first: Target;
  readonly resolve: (result: FetchResult) => void;
  target: Target;
  host: HostKey;
  redirects: number;
  attempts: number;
  /** Times that it was answered 429. */
  refusals: number;
  /** Times that it was ended to make room for other bodies. */
  cuts: number;
  /** What the current attempt has used of its deadline. */
  spentMs: number;
  /** Asks for a new connection, after a kept one turned out to be closed. */
  fresh: boolean;
}

/** Back to the row's own URL, with a whole deadline. */
export function prepareAttempt(task: RowState): void {
  task.target = task.first;
  task.host = task.first.host;
  task.redirects = 0;
  task.spentMs = 0;
}

/** For the fetcher that its next host belongs to. */
export function handoverOf(task: RowState, waitMs: number): Handover {
  const { index, first, target, host, redirects, attempts, refusals, cuts, spentMs } = task;
  const [from, next] = [first.url.href, target.url.href];
  return { order: index, first: from, next, host, redirects, attempts, refusals, cuts, spentMs, waitMs };
}

/** What the row's outcome tells of the way to it. */
export function fetchFacts(task: RowState, httpStatus: number | null, bytes: number | null): FetchFacts {
  const finalUrl = httpStatus === null ? null : task.target.url.href;
  return { httpStatus, finalUrl, attempts: task.attempts, bytes, mimeType: null, fetchedAt: Date.now() };
}
