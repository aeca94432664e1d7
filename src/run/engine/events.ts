import type { FailureCode } from '../../core/failures.ts';
import type { FetchPressure } from '../../fetch/fetcher.ts';
import type { HostEvent } from '../../fetch/hosts/host-event.ts';
import type { DecoderEvent } from '../../image/workers/decoder-pool.ts';
import type { BacklogSignal } from './backlog.ts';

/** What happens in a run, for listeners such as progress and logs. */
export type RunEvent =
  | {
      readonly type: 'started';
      /** Rows that this run has to settle; null if the index does not tell before it is read. */
      readonly rows: number | null;
      readonly inputs: number;
      readonly shardsDone: number;
      readonly rowsDone: number;
    }
  /** The number of rows that the run has to settle: an estimate, or what was counted. */
  | { readonly type: 'total'; readonly rows: number; readonly kind: 'exact' | 'about' }
  | {
      readonly type: 'sample';
      readonly outcome: 'success' | FailureCode;
      readonly bytes: number;
      /** As the index has it. */
      readonly url: string | null;
    }
  /** A row that an earlier start of the run settled, in a shard that it did not write. */
  | { readonly type: 'taken-over'; readonly outcome: 'success' | FailureCode }
  /**
   * About once a second. `delayed`: rows that wait for a later attempt or for a rate-limited host. `queued`: rows that
   * wait for a free connection. `inFlight`: rows that are being fetched, decoded or stored. `unsettled`: all rows that
   * were read and have no outcome. `pressure`: what holds back the index reader and new requests. `slow`: rows that wait
   * for slow, limited or refusing hosts, and `slowMs`: milliseconds until these are over, at most.
   */
  | {
      readonly type: 'waiting';
      readonly delayed: number;
      readonly queued: number;
      readonly inFlight: number;
      readonly unsettled: number;
      readonly decodersBusy: number;
      readonly decoders: number;
      readonly slow: number;
      readonly slowMs: number;
      readonly pressure: readonly (BacklogSignal | FetchPressure)[];
    }
  | { readonly type: 'bad-row'; readonly file: string; readonly reason: string }
  | { readonly type: 'shard'; readonly name: string; readonly count: number; readonly successes: number }
  | { readonly type: 'decoder'; readonly event: DecoderEvent }
  /** The treatment of a host has changed. */
  | { readonly type: 'host'; readonly event: HostEvent }
  | { readonly type: 'notice'; readonly message: string };

export type RunListener = (event: RunEvent) => void;
