import type { Options } from '../../config/resolve.ts';
import type { SampleResult } from '../../core/samples.ts';
import type { Circuit, CircuitOutcome } from '../../fetch/breaker/breaker.ts';
import type { HostRecord } from '../../fetch/hosts/host.ts';
import type { RowState } from '../../fetch/row-state.ts';
import type { DecoderEvent } from '../../image/workers/decoder-pool.ts';
import type { FetchRequest } from '../stages/row-outcome.ts';
import type { ThreadError } from './thread-error.ts';

/** What a lane is started with. */
export interface LaneOrders {
  readonly lane: number;
  readonly lanes: number;
  /** Its share of what was asked for. */
  readonly options: Options;
  /** What is known of its hosts. */
  readonly hosts: readonly HostRecord[];
}

/** Messages to a lane; those of one turn of the event loop come together, in their order. */
export type Order =
  /** A row, known by its place in the index, and how far it has come elsewhere. */
  | {
      readonly kind: 'row';
      readonly id: number;
      readonly errand: FetchRequest;
      readonly state: RowState | null;
    }
  /** The outcome of the row has left the memory. */
  | { readonly kind: 'kept'; readonly id: number }
  /** The machine is not to blame for what was in doubt under this number. */
  | { readonly kind: 'acquitted'; readonly doubt: number }
  | { readonly kind: 'stop' }
  | { readonly kind: 'close' };

/** What a lane is busy with. */
export interface Load {
  /** Rows that it had been sent. */
  readonly rows: number;
  readonly waiting: number;
  readonly delayed: number;
  readonly inFlight: number;
  /** Whether it starts no more requests. */
  readonly stopped: boolean;
}

/** Messages from a lane; the same. What tells of the machine comes before the outcomes that it may excuse. */
export type Report =
  /** The bytes of the picture are its own, and handed over, not copied. */
  | { readonly kind: 'sample'; readonly id: number; readonly result: SampleResult }
  /** A redirect or a second attempt leads to a host of another lane. */
  | { readonly kind: 'handover'; readonly state: RowState }
  | {
      readonly kind: 'sign';
      readonly circuit: Circuit;
      readonly host: string;
      readonly outcome: CircuitOutcome;
    }
  /** A failure that may be the machine's; the lane waits for its acquittal. */
  | { readonly kind: 'doubt'; readonly doubt: number; readonly circuit: Circuit }
  | { readonly kind: 'decoder'; readonly event: DecoderEvent }
  | { readonly kind: 'load'; readonly load: Load }
  /** The run cannot go on. */
  | { readonly kind: 'fault'; readonly fault: ThreadError }
  /** The last message: all processes of the lane have ended. */
  | { readonly kind: 'closed'; readonly hosts: readonly HostRecord[] };
