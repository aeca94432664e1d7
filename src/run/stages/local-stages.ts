import type { Options } from '../../config/resolve.ts';
import type { SampleResult, SampleRow, ShardId } from '../../core/samples.ts';
import type { DenyTable } from '../../fetch/deny-list/deny-table.ts';
import { Fetcher, type FetchPressure } from '../../fetch/fetcher.ts';
import type { Demand, HostShares } from '../../fetch/hosts/connections/connection-shares.ts';
import type { HostEvent } from '../../fetch/hosts/host-event.ts';
import type { HostNews } from '../../fetch/hosts/host-news.ts';
import type { HostRecord, KeptFile } from '../../fetch/hosts/host-record.ts';
import type { Peers } from '../../fetch/peers.ts';
import type { FetchResult } from '../../fetch/result.ts';
import type { RowState } from '../../fetch/row-state.ts';
import type { Outlook } from '../../fetch/schedule/outlook.ts';
import type { PacedHost } from '../../fetch/schedule/shared-hosts.ts';
import { type DecoderEvent, type DecoderPool, startDecoders } from '../../image/workers/decoder-pool.ts';
import { machineLimits } from '../../util/machine/machine-limits.ts';
import { openAllowedStores } from './allowed-stores.ts';
import { type MemoryShare, shareMemory } from './memory-plan.ts';
import {
  type FetchRequest,
  outcomeWithoutFetch,
  type Refusals,
  refusalsOf,
  rowOutcome,
} from './row-outcome.ts';
import { fetchSettings, imageSettings } from './stage-settings.ts';
import type { Keep, Stages } from './stages.ts';

/** Maximum images that may wait for each decoder. */
const MAX_WAITING_PER_DECODER = 32;

export interface LocalStagesPlan {
  readonly options: Options;
  /** What must not be fetched; null for nothing. */
  readonly denyList: DenyTable | null;
  readonly hosts: readonly HostRecord[];
  readonly onError: (error: unknown) => void;
  readonly onDecoder: (event: DecoderEvent) => void;
  readonly onHost: (event: HostEvent) => void;
  readonly onRuleFile: (file: KeptFile) => void;
  /** The fetchers of the other lanes, if there are any. */
  readonly peers?: Peers;
}

/** The stages in the current event loop, with their own decoder processes. */
export class LocalStages implements Stages {
  readonly #fetcher: Fetcher;
  readonly #refusals: Refusals;
  readonly #decoders: DecoderPool;
  readonly #maxDecoders: number;
  readonly #maxWaitingImages: number;
  readonly #maxHeldBytes: number;
  #heldBytes = 0;
  #unkept = 0;

  private constructor(
    { options }: LocalStagesPlan,
    { heldBytes }: MemoryShare,
    refusals: Refusals,
    fetcher: Fetcher,
    decoders: DecoderPool,
  ) {
    this.#refusals = refusals;
    this.#fetcher = fetcher;
    this.#decoders = decoders;
    this.#maxDecoders = options.decoders;
    this.#maxWaitingImages = options.decoders * MAX_WAITING_PER_DECODER;
    this.#maxHeldBytes = heldBytes;
  }

  /** Starts the decoder processes; `close` ends them. */
  static start(plan: LocalStagesPlan): LocalStages {
    const { options, denyList: table, hosts, onError, onDecoder, onHost, onRuleFile, peers } = plan;
    const lanes = peers?.count ?? 1;
    const memory = shareMemory(machineLimits().memoryBytes, { decoders: options.decoders * lanes, lanes });
    const refusals = refusalsOf(table, options);
    const fetcher = new Fetcher({
      settings: fetchSettings(options, memory.bodyBytes),
      hosts,
      denyList: refusals.denyList,
      stored: openAllowedStores(options.allowStore),
      peers,
      onBroken: onError,
      onHost,
      onRuleFile,
    });
    const settings = imageSettings(options);
    const { limits } = memory;
    const decoders = startDecoders({ count: options.decoders, settings, limits, onEvent: onDecoder });
    return new LocalStages(plan, memory, refusals, fetcher, decoders);
  }

  get waiting(): number {
    return this.#fetcher.waiting;
  }

  get delayed(): number {
    return this.#fetcher.delayed;
  }

  get inFlight(): number {
    return this.#fetcher.active + this.#decoders.waiting + this.#unkept;
  }

  get decodersBusy(): number {
    return Math.min(this.#decoders.waiting, this.#maxDecoders);
  }

  get pressure(): readonly FetchPressure[] {
    return this.#fetcher.pressure.signals;
  }

  get outlook(): Outlook {
    return this.#fetcher.outlook;
  }

  async settle(row: SampleRow, shard: ShardId, keep: Keep): Promise<SampleResult> {
    const result = outcomeWithoutFetch(row);
    if (result === null) return this.#settleFetched(row, this.#fetcher.fetch(row.url, { shard }), keep);
    await keep(result);
    return result;
  }

  /** Settles a row for a lane. `from`: its position in the index, or how far another lane has brought it. */
  settleRequest(request: FetchRequest, from: number | RowState, keep: Keep): Promise<SampleResult> {
    const fetching =
      typeof from === 'number'
        ? this.#fetcher.fetch(request.url, { index: from, shard: request.shard })
        : this.#fetcher.resume(from);
    return this.#settleFetched(request, fetching, keep);
  }

  giveUp(shard: ShardId, until: number, patienceMs: number): void {
    this.#fetcher.giveUp(shard, until, patienceMs);
  }

  get demand(): readonly Demand[] {
    const { sharedHosts } = this.#fetcher;
    return sharedHosts === null ? [] : [sharedHosts.demand()];
  }

  share(shares: HostShares): void {
    this.#fetcher.sharedHosts?.share(shares);
  }

  get paced(): readonly PacedHost[] {
    return this.#fetcher.sharedHosts?.paced() ?? [];
  }

  hear(news: readonly HostNews[]): void {
    this.#fetcher.sharedHosts?.hear(news);
  }

  pause(isPaused: boolean): void {
    this.#fetcher.pause(isPaused);
  }

  stop(): void {
    this.#fetcher.stop();
  }

  async close(): Promise<readonly HostRecord[]> {
    await Promise.allSettled([this.#fetcher.close(), this.#decoders.close()]);
    return this.#fetcher.hostRecords();
  }

  async #settleFetched(
    request: Pick<SampleRow, 'expectedHash' | 'boxes' | 'licence'>,
    fetching: Promise<FetchResult>,
    keep: Keep,
  ): Promise<SampleResult> {
    const fetched = await fetching;
    const bytes = fetched.ok ? fetched.body.length : 0;
    if (bytes > 0) this.#addHeldBytes(bytes);
    const result = await rowOutcome(request, fetched, this.#decoders, this.#refusals);
    if (fetched.ok && fetched.again !== null && isIncomplete(result)) {
      this.#addHeldBytes(-bytes);
      this.#fetcher.giveBack(fetched.body);
      return this.#settleFetched(request, this.#fetcher.resume(fetched.again), keep);
    }
    this.#unkept += 1;
    await keep(result);
    this.#unkept -= 1;
    this.#addHeldBytes(-bytes);
    if (fetched.ok) this.#fetcher.giveBack(fetched.body);
    return result;
  }

  /** Counts bytes in memory. Requests start only while there is room for their responses. */
  #addHeldBytes(bytes: number): void {
    this.#heldBytes += bytes;
    const { pressure } = this.#fetcher;
    pressure.set('decoders', this.#decoders.waiting > this.#maxWaitingImages);
    pressure.set('heldBytes', this.#heldBytes > this.#maxHeldBytes);
  }
}

const isIncomplete = (result: SampleResult): boolean =>
  !result.ok && (result.code === 'image_undecodable' || result.code === 'image_unknown');
