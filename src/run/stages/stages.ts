import type { Options } from '../../config/resolve.ts';
import type { SampleResult, SampleRow } from '../../core/samples.ts';
import type { HostRecord } from '../../fetch/hosts/host.ts';
import type { DecoderEvent } from '../../image/workers/decoder-pool.ts';

/** Puts an outcome where it is safe. */
export type Keep = (result: SampleResult) => Promise<void>;

/** The stages that turn rows into samples: the network and the decoders, wherever they stand. */
export interface Stages {
  /**
   * Brings a row to its outcome and that to `keep`; resolves with it when that is done, until which its bytes count as
   * held in memory. Stays unsettled for good for rows that wait when the stages are stopped.
   */
  settle(row: SampleRow, keep: Keep): Promise<SampleResult>;
  /** Rows that wait for a place. */
  readonly waiting: number;
  /** Rows that wait for a later attempt, or for a host that may be asked only so often. */
  readonly delayed: number;
  /** Rows that are being fetched, decoded or kept. */
  readonly inFlight: number;
  /** Starts no further request. */
  stop(): void;
  /** Ends everything at once; tells what the next run should know of hosts. */
  close(): Promise<readonly HostRecord[]>;
}

export interface StagesPlan {
  readonly options: Options;
  /** What earlier runs have learnt of hosts. */
  readonly hosts: readonly HostRecord[];
  /** Told why the run cannot go on. */
  readonly onFault: (fault: unknown) => void;
  readonly onDecoder: (event: DecoderEvent) => void;
  /** Told that fewer rows may be waiting, where that is learnt apart from a row's outcome. */
  readonly onLoad: () => void;
}
