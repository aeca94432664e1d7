import type { Options } from '../../config/resolve.ts';
import type { SampleResult, ShardId } from '../../core/samples.ts';
import type { Circuit, CircuitOutcome } from '../../fetch/breaker/breaker.ts';
import type { DenyTable } from '../../fetch/deny-list/deny-table.ts';
import type { FetchPressure } from '../../fetch/fetcher.ts';
import type { Demand, HostShares } from '../../fetch/hosts/connections/connection-shares.ts';
import type { HostEvent } from '../../fetch/hosts/host-event.ts';
import type { HostNews } from '../../fetch/hosts/host-news.ts';
import type { HostRecord, KeptFile } from '../../fetch/hosts/host-record.ts';
import type { RowState } from '../../fetch/row-state.ts';
import type { Outlook } from '../../fetch/schedule/outlook.ts';
import type { PacedHost } from '../../fetch/schedule/shared-hosts.ts';
import type { DecoderEvent } from '../../image/workers/decoder-pool.ts';
import type { FetchRequest } from '../stages/row-outcome.ts';
import type { ThreadError } from './thread-error.ts';

/** What a lane is started with. */
export interface LaneSettings {
  /** Number of this lane, from 0. */
  readonly lane: number;
  readonly lanes: number;
  /** With this lane's share of the limits. */
  readonly options: Options;
  /** What must not be fetched, in shared memory; null for nothing. */
  readonly denyList: DenyTable | null;
  /** What is known about this lane's hosts. */
  readonly hosts: readonly HostRecord[];
}

/** Messages to a lane. Those of one turn of the event loop are posted together, in order. */
export type LaneCommand =
  /** Settle a row. `id`: its position in the index; `state`: how far another lane has brought it. */
  | {
      readonly kind: 'row';
      readonly id: number;
      readonly request: FetchRequest;
      readonly state: RowState | null;
    }
  /** The engine has stored the outcome of the row. */
  | { readonly kind: 'kept'; readonly id: number }
  /** This machine did not cause the failure of the verdict with this number. */
  | { readonly kind: 'released'; readonly verdict: number }
  /** See `Stages.giveUp`. */
  | { readonly kind: 'give-up'; readonly shard: ShardId; readonly until: number; readonly patienceMs: number }
  | { readonly kind: 'pause'; readonly isPaused: boolean }
  /** See `Stages.share`. */
  | { readonly kind: 'share'; readonly shares: HostShares }
  /** What other machines have learnt of hosts of this lane; it reports its paced hosts then. */
  | { readonly kind: 'hear'; readonly news: readonly HostNews[] }
  | { readonly kind: 'stop' }
  | { readonly kind: 'close' };

/** How busy a lane is. */
export interface LaneLoad {
  /** Rows that it has received. */
  readonly rows: number;
  readonly waiting: number;
  readonly delayed: number;
  readonly inFlight: number;
  readonly decodersBusy: number;
  readonly pressure: readonly FetchPressure[];
  /** Whether it starts no more requests. */
  readonly isStopped: boolean;
}

/** Messages from a lane, posted like commands. A `circuit` comes before the outcomes that its verdict may release. */
export type LaneReport =
  /** The image's bytes are transferred, not copied. */
  | { readonly kind: 'sample'; readonly id: number; readonly result: SampleResult }
  /** A redirect or a later attempt leads to a host of another lane. */
  | { readonly kind: 'handover'; readonly state: RowState }
  /** An outcome for the circuit breaker. */
  | {
      readonly kind: 'circuit';
      readonly circuit: Circuit;
      readonly host: string;
      readonly outcome: CircuitOutcome;
    }
  /** A failure that this machine may have caused; the lane keeps it back until it is released. */
  | { readonly kind: 'pending'; readonly verdict: number; readonly circuit: Circuit }
  | { readonly kind: 'decoder'; readonly event: DecoderEvent }
  | { readonly kind: 'host'; readonly event: HostEvent }
  /** A file of rules was fetched. */
  | { readonly kind: 'rule-file'; readonly file: KeptFile }
  | { readonly kind: 'load'; readonly load: LaneLoad }
  | { readonly kind: 'demand'; readonly demand: Demand }
  | { readonly kind: 'paced'; readonly paced: readonly PacedHost[] }
  | { readonly kind: 'outlook'; readonly outlook: Outlook }
  /** The run cannot go on. */
  | { readonly kind: 'error'; readonly error: ThreadError }
  /** The last message: all processes of the lane have ended. */
  | { readonly kind: 'closed'; readonly hosts: readonly HostRecord[] };
