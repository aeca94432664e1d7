import type { Options } from '../../config/resolve.ts';
import type { SampleResult, SampleRow, ShardId } from '../../core/samples.ts';
import type { DenyTable } from '../../fetch/deny-list/deny-table.ts';
import type { FetchPressure } from '../../fetch/fetcher.ts';
import type { Demand, HostShares } from '../../fetch/hosts/connections/connection-shares.ts';
import type { HostEvent } from '../../fetch/hosts/host-event.ts';
import type { HostNews } from '../../fetch/hosts/host-news.ts';
import type { HostRecord, KeptFile } from '../../fetch/hosts/host-record.ts';
import type { Outlook } from '../../fetch/schedule/outlook.ts';
import type { PacedHost } from '../../fetch/schedule/shared-hosts.ts';
import type { DecoderEvent } from '../../image/workers/decoder-pool.ts';

/** Stores an outcome; resolves when the result's bytes are no longer needed in memory. */
export type Keep = (result: SampleResult) => Promise<void>;

/** The stages that turn rows into samples (network and decoders), in this event loop or in several threads. */
export interface Stages {
  /**
   * Fetches and decodes a row and passes the outcome to `keep`. Resolves with the outcome when `keep` has resolved; until
   * then the bytes count as held in memory. Never settles for rows that still wait when the stages are stopped.
   */
  settle(row: SampleRow, shard: ShardId, keep: Keep): Promise<SampleResult>;
  /** Rows that wait for a free connection. */
  readonly waiting: number;
  /** Rows that wait for a later attempt or for a rate-limited host. */
  readonly delayed: number;
  /** Rows that are being fetched, decoded or kept. */
  readonly inFlight: number;
  /** Decoders that are at work. */
  readonly decodersBusy: number;
  /** What keeps new requests from starting at the moment. */
  readonly pressure: readonly FetchPressure[];
  /** What becomes of the rows that wait for their hosts. */
  readonly outlook: Outlook;
  /**
   * Ends, as `host_throttled`, the rows of hosts that refuse everything, have rows of this shard, and cannot be asked again
   * before the moment `until` or have refused for `patienceMs`.
   */
  giveUp(shard: ShardId, until: number, patienceMs: number): void;
  /** What hosts need beyond what this machine may always have; of each lane, since lanes report at different times. */
  readonly demand: readonly Demand[];
  /** What this machine may have from now on, of what all machines of the run may have together. */
  share(shares: HostShares): void;
  /** Hosts with a pace that this machine asks. */
  readonly paced: readonly PacedHost[];
  /** Other machines of the run have learnt this of hosts. */
  hear(news: readonly HostNews[]): void;
  /** Starts no request while paused; requests under way go on. */
  pause(isPaused: boolean): void;
  /** Starts no further request. */
  stop(): void;
  /** Ends everything at once. Resolves with what the next run should know about hosts. */
  close(): Promise<readonly HostRecord[]>;
}

export interface StagesPlan {
  readonly options: Options;
  /** `rights`: no image is fetched; owners are asked whether it may be used. */
  readonly asks?: 'rights' | undefined;
  /** What must not be fetched; null for nothing. */
  readonly denyList: DenyTable | null;
  /** What earlier runs have learnt about hosts. */
  readonly hosts: readonly HostRecord[];
  /** Called with the reason why the run cannot go on. */
  readonly onError: (error: unknown) => void;
  readonly onDecoder: (event: DecoderEvent) => void;
  /** Called when the treatment of a host changes. */
  readonly onHost: (event: HostEvent) => void;
  /** Called with each file of rules (robots.txt) that is fetched. */
  readonly onRuleFile: (file: KeptFile) => void;
  /** Called when `waiting` may have fallen for another reason than an outcome. */
  readonly onLoad: () => void;
}
