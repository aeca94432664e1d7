import type { Options } from '../../config/resolve.ts';
import type { SampleResult, SampleRow, ShardId } from '../../core/samples.ts';
import type { HostRecord } from '../../fetch/hosts/host-record.ts';
import { type FetchResult, refusal } from '../../fetch/result.ts';
import { NO_OUTLOOK } from '../../fetch/schedule/outlook.ts';
import { parseTarget } from '../../fetch/target.ts';
import { type DecoderPool, startDecoders } from '../../image/workers/decoder-pool.ts';
import { machineLimits } from '../../util/machine/machine-limits.ts';
import { heldRefusal } from './held-refusal.ts';
import { shareMemory } from './memory-plan.ts';
import { outcomeWithoutFetch, type Refusals, refusalsOf, rowOutcome } from './row-outcome.ts';
import { imageSettings } from './stage-settings.ts';
import type { Keep, Stages, StagesPlan } from './stages.ts';

/** Maximum images per decoder that are read, decoded or kept. */
const MAX_IMAGES_PER_DECODER = 8;

type Plan = Pick<StagesPlan, 'options' | 'denyList' | 'hosts' | 'onDecoder' | 'onLoad'>;

/** The stages for rows that have their images (`--from-tar`): nothing is requested, and each row starts in its turn. */
export class HeldStages implements Stages {
  readonly pressure = [];
  readonly outlook = NO_OUTLOOK;
  readonly demand = [];
  readonly paced = [];
  readonly delayed = 0;
  readonly #options: Options;
  readonly #refusals: Refusals;
  readonly #hosts: readonly HostRecord[];
  readonly #onLoad: () => void;
  readonly #decoders: DecoderPool;
  readonly #maxHeldBytes: number;
  /** Starts of the rows that wait, in their order, and the bytes of their images. */
  readonly #queue: { readonly bytes: number; readonly start: () => void }[] = [];
  #heldBytes = 0;
  #isPaused = false;
  #isStopped = false;
  inFlight = 0;

  private constructor(
    { options, denyList, hosts, onLoad }: Plan,
    decoders: DecoderPool,
    maxHeldBytes: number,
  ) {
    this.#options = options;
    this.#refusals = refusalsOf(denyList, options);
    this.#hosts = hosts;
    this.#onLoad = onLoad;
    this.#decoders = decoders;
    this.#maxHeldBytes = maxHeldBytes;
  }

  /** Starts the decoder processes; `close` ends them. */
  static start(plan: Plan): HeldStages {
    const { options, onDecoder: onEvent } = plan;
    const { decoders: count } = options;
    const { heldBytes, limits } = shareMemory(machineLimits().memoryBytes, { decoders: count, lanes: 1 });
    const decoders = startDecoders({ count, settings: imageSettings(options), limits, onEvent });
    return new HeldStages(plan, decoders, heldBytes);
  }

  get waiting(): number {
    return this.#queue.length;
  }

  get decodersBusy(): number {
    return Math.min(this.#decoders.waiting, this.#options.decoders);
  }

  async settle(row: SampleRow, _shard: ShardId, keep: Keep): Promise<SampleResult> {
    const known = outcomeWithoutFetch(row);
    const refused = known === null ? this.#refusal(row) : null;
    const bytes = refused === null ? (row.image?.bytes ?? 0) : 0;
    await this.#turn(bytes);
    const result =
      known ?? (await rowOutcome(row, refused ?? (await readImage(row)), this.#decoders, this.#refusals));
    await keep(result);
    this.inFlight -= 1;
    this.#heldBytes -= bytes;
    this.#startNext();
    return result;
  }

  share(): void {
    // No host is asked.
  }

  hear(): void {
    // No host is asked.
  }

  giveUp(): void {
    // No host is asked for anything.
  }

  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#startNext();
  }

  stop(): void {
    this.#isStopped = true;
  }

  async close(): Promise<readonly HostRecord[]> {
    this.#isStopped = true;
    await this.#decoders.close();
    return this.#hosts;
  }

  /** Why the image is not read; null if it is. */
  #refusal({ image, url }: SampleRow): FetchResult | null {
    const target = parseTarget(url, this.#options.baseUrl);
    const denied = 'code' in target ? null : (this.#refusals.denyList?.refusesTarget(target, url) ?? null);
    if (denied !== null) return { ...refusal(denied.code), failure: denied };
    const code = heldRefusal(image, this.#options);
    return code && refusal(code);
  }

  /** Resolves when the row may start; never for rows that wait when the stages are stopped. */
  #turn(bytes: number): Promise<void> {
    return new Promise((resolve) => {
      this.#queue.push({ bytes, start: resolve });
      this.#startNext();
    });
  }

  #startNext(): void {
    for (let [next] = this.#queue; next !== undefined && this.#hasRoom(next.bytes); [next] = this.#queue) {
      this.#queue.shift();
      this.inFlight += 1;
      this.#heldBytes += next.bytes;
      next.start();
    }
    this.#onLoad();
  }

  #hasRoom(bytes: number): boolean {
    if (this.#isPaused || this.#isStopped) return false;
    const fits = this.#heldBytes === 0 || this.#heldBytes + bytes <= this.#maxHeldBytes;
    return fits && this.inFlight < this.#options.decoders * MAX_IMAGES_PER_DECODER;
  }
}

async function readImage({ image }: SampleRow): Promise<FetchResult> {
  if (image === undefined || image === null) return refusal('image_missing');
  const body = await image.read();
  const facts = { ...refusal('image_missing').facts, bytes: body.length };
  return { ok: true, body, contentType: null, again: null, facts };
}
