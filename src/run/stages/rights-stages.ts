import type { Options } from '../../config/resolve.ts';
import type { EncodedImage, SampleResult, SampleRow, ShardId } from '../../core/samples.ts';
import { Fetcher, type FetchPressure } from '../../fetch/fetcher.ts';
import type { HostRecord } from '../../fetch/hosts/host-record.ts';
import type { Outlook } from '../../fetch/schedule/outlook.ts';
import { machineLimits } from '../../util/machine/machine-limits.ts';
import { shareMemory } from './memory-plan.ts';
import { fetchSettings } from './stage-settings.ts';
import type { Keep, Stages, StagesPlan } from './stages.ts';

/** Stands for an image that was not fetched. */
const NO_IMAGE: EncodedImage = {
  bytes: new Uint8Array(),
  extension: '',
  width: null,
  height: null,
  originalWidth: null,
  originalHeight: null,
  exif: null,
  hash: null,
};

type Plan = Pick<StagesPlan, 'options' | 'hosts' | 'onError' | 'onHost' | 'onRuleFile'>;

/**
 * The stages that ask whether images may be used: the rules of their origins and the headers of their URLs, as a download
 * would, but no bodies. A row that nobody refuses succeeds without an image. One event loop is enough for headers.
 */
export class RightsStages implements Stages {
  readonly decodersBusy = 0;
  readonly demand = [];
  readonly paced = [];
  readonly #fetcher: Fetcher;
  #unkept = 0;

  private constructor(fetcher: Fetcher) {
    this.#fetcher = fetcher;
  }

  static start({ options, hosts, onError, onHost, onRuleFile }: Plan): RightsStages {
    const { bodyBytes } = shareMemory(machineLimits().memoryBytes, { decoders: 1, lanes: 1 });
    const settings = { ...fetchSettings(withoutStores(options), bodyBytes), headersOnly: true };
    return new RightsStages(new Fetcher({ settings, hosts, onBroken: onError, onHost, onRuleFile }));
  }

  get waiting(): number {
    return this.#fetcher.waiting;
  }

  get delayed(): number {
    return this.#fetcher.delayed;
  }

  get inFlight(): number {
    return this.#fetcher.active + this.#unkept;
  }

  get pressure(): readonly FetchPressure[] {
    return this.#fetcher.pressure.signals;
  }

  get outlook(): Outlook {
    return this.#fetcher.outlook;
  }

  async settle(row: SampleRow, shard: ShardId, keep: Keep): Promise<SampleResult> {
    const fetched = await this.#fetcher.fetch(row.url, { shard });
    const result: SampleResult = fetched.ok
      ? { ok: true, image: NO_IMAGE, fetch: fetched.facts }
      : { ok: false, ...fetched.failure, fetch: fetched.facts };
    this.#unkept += 1;
    await keep(result);
    this.#unkept -= 1;
    return result;
  }

  giveUp(shard: ShardId, until: number, patienceMs: number): void {
    this.#fetcher.giveUp(shard, until, patienceMs);
  }

  share(): void {
    // A recheck shares no host with other machines.
  }

  hear(): void {
    // Nor does it learn from them.
  }

  pause(isPaused: boolean): void {
    this.#fetcher.pause(isPaused);
  }

  stop(): void {
    this.#fetcher.stop();
  }

  async close(): Promise<readonly HostRecord[]> {
    await this.#fetcher.close();
    return this.#fetcher.hostRecords();
  }
}

/** Objects of stores have no owner but their credentials. */
const withoutStores = (options: Options): Options => ({ ...options, allowStore: [] });
