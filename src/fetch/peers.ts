import type { HostKey } from '../core/samples.ts';
import type { Verdicts } from './breaker/verdicts.ts';
import type { RowState } from './row-state.ts';

/**
 * The other fetchers, where several share the hosts among themselves. A row whose next host belongs to another fetcher
 * is handed over to it, by a redirect or for a later attempt.
 */
export interface Peers {
  /** How many there are, this one included. */
  readonly count: number;
  /** Whether a host belongs to this fetcher. */
  readonly isOwn: (host: HostKey) => boolean;
  /** Brings a row to the fetcher that `state.host` belongs to, which resumes it. The promise of `fetch` stays unsettled here. */
  readonly handOver: (state: RowState) => void;
  /** Says whether a failure is this machine's. */
  readonly verdicts: Verdicts;
}
