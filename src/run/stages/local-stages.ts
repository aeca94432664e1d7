import type { Options } from '../../config/resolve.ts';
import type { SampleResult, SampleRow } from '../../core/samples.ts';
import { Fetcher } from '../../fetch/fetcher.ts';
import type { HostRecord } from '../../fetch/hosts/host.ts';
import type { HostEvent } from '../../fetch/hosts/host-event.ts';
import type { Peers } from '../../fetch/peers.ts';
import type { FetchResult } from '../../fetch/result.ts';
import type { RowState } from '../../fetch/row-state.ts';
import { type DecoderEvent, type DecoderPool, startDecoders } from '../../image/workers/decoder-pool.ts';
import { type FetchRequest, outcomeUnasked, rowOutcome } from './row-outcome.ts';
import { fetchSettings, imageSettings } from './stage-settings.ts';
import type { Keep, Stages } from './stages.ts';

/** Bodies and pictures in memory, from the network's last byte to the spool, beyond which no request starts. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;
/** Pictures that may wait for each decoder before fetching pauses. */
const MAX_WAITING_PER_DECODER = 32;

export interface LocalStagesPlan {
  readonly options: Options;
  readonly hosts: readonly HostRecord[];
  readonly onFault: (fault: Error) => void;
  readonly onDecoder: (event: DecoderEvent) => void;
  /** Called when the treatment of a host changes. */
  readonly onHost?: (event: HostEvent) => void;
  /** The fetchers of other lanes, if there are any. */
  readonly others?: Peers;
}

/** The stages in this very event loop, with decoder processes of their own. */
export class LocalStages implements Stages {
  readonly #fetcher: Fetcher;
  readonly #decoders: DecoderPool;
  readonly #maxWaitingPictures: number;
  readonly #maxHeldBytes: number;
  #heldBytes = 0;
  #unkept = 0;

  constructor({ options, hosts, onFault, onDecoder, onHost, others }: LocalStagesPlan) {
    this.#fetcher = new Fetcher({
      settings: fetchSettings(options),
      hosts,
      peers: others,
      onBroken: onFault,
      onHost,
    });
    this.#decoders = startDecoders({
      count: options.decoders,
      settings: imageSettings(options),
      onEvent: onDecoder,
    });
    this.#maxWaitingPictures = options.decoders * MAX_WAITING_PER_DECODER;
    this.#maxHeldBytes = MAX_HELD_BYTES / (others?.count ?? 1);
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

  async settle(row: SampleRow, keep: Keep): Promise<SampleResult> {
    const result = outcomeUnasked(row);
    if (result === null) return this.#settleFetched(row, this.#fetcher.fetch(row.url), keep);
    await keep(result);
    return result;
  }

  /** The same for a row of a known place in the index, which may come from another lane. */
  settleRequest(errand: FetchRequest, from: number | Handover, keep: Keep): Promise<SampleResult> {
    const fetching =
      typeof from === 'number' ? this.#fetcher.fetch(errand.url, from) : this.#fetcher.resume(from);
    return this.#settleFetched(errand, fetching, keep);
  }

  stop(): void {
    this.#fetcher.stop();
  }

  async close(): Promise<readonly HostRecord[]> {
    await Promise.allSettled([this.#fetcher.close(), this.#decoders.close()]);
    return this.#fetcher.hostRecords();
  }

  async #settleFetched(
    errand: FetchRequest,
    fetching: Promise<FetchResult>,
    keep: Keep,
  ): Promise<SampleResult> {
    const fetched = await fetching;
    const bytes = fetched.ok ? fetched.body.length : 0;
    if (bytes > 0) this.#hold(bytes);
    const result = await rowOutcome(errand, fetched, this.#decoders);
    this.#unkept += 1;
    await keep(result);
    this.#unkept -= 1;
    this.#hold(-bytes);
    if (fetched.ok) this.#fetcher.giveBack(fetched.body);
    return result;
  }

  /** Keeps count of the bytes in memory, and lets requests start only while there is room for their answers. */
  #hold(bytes: number): void {
    this.#heldBytes += bytes;
    const { pressure } = this.#fetcher;
    pressure.set('decoders', this.#decoders.waiting > this.#maxWaitingPictures);
    pressure.set('heldBytes', this.#heldBytes > this.#maxHeldBytes);
  }
}
