import { MovingMean } from '../../util/moving-mean.ts';

/** Assumed size of a body before the first has arrived. */
const FIRST_GUESS_BYTES = 64 * 1024;
/** Weight of the newest body in the mean size. */
const NEWEST = 0.05;

/** The memory of one request, from its start until its row has ended. */
export interface HeldBody {
  /** Bytes arrive from now on; `cut` ends that. */
  receive(cut: () => void): void;
  /** The body takes so many more bytes. */
  grow(bytes: number): void;
  /** No more bytes arrive; those that did stay in memory. */
  complete(): void;
  release(): void;
  /** Whether the body was cut to make room. */
  readonly isCut: boolean;
}

/**
 * The memory of all bodies under way. Requests start only while the bytes that they are likely to bring leave half of it
 * free. If bodies turn out to be larger than that, the largest is cut.
 */
export class BodyBudget {
  readonly #maxBytes: number;
  readonly #onTight: (isTight: boolean) => void;
  readonly #open = new Set<Body>();
  #held = 0;
  /** Bytes in memory plus those that are likely still to come. */
  #reserved = 0;
  readonly #meanBytes = new MovingMean(NEWEST, FIRST_GUESS_BYTES);
  #isTight = false;

  /** `onTight` is called when requests must wait, and when they no longer must. */
  constructor(maxBytes: number, onTight: (isTight: boolean) => void) {
    this.#maxBytes = maxBytes;
    this.#onTight = onTight;
  }

  /** A request starts. */
  begin(): HeldBody {
    const body = new Body(
      this.#meanBytes.value,
      (bytes) => this.#grow(body, bytes),
      () => this.#release(body),
    );
    this.#open.add(body);
    this.#reserve(body.reserved);
    return body;
  }

  #grow(body: Body, bytes: number): void {
    if (!this.#open.has(body)) return;
    const before = body.reserved;
    body.bytes += bytes;
    this.#held += bytes;
    this.#reserve(body.reserved - before);
    if (this.#held > this.#maxBytes) this.#largest()?.end();
  }

  #largest(): Body | undefined {
    let largest: Body | undefined;
    for (const each of this.#open) {
      if (each.isGrowing && each.bytes > (largest?.bytes ?? 0)) largest = each;
    }
    return largest;
  }

  #release(body: Body): void {
    if (!this.#open.delete(body)) return;
    this.#held -= body.bytes;
    this.#meanBytes.add(body.bytes);
    this.#reserve(-body.reserved);
  }

  #reserve(bytes: number): void {
    this.#reserved += bytes;
    const isTight = this.#reserved > this.#maxBytes / 2;
    if (isTight === this.#isTight) return;
    this.#isTight = isTight;
    this.#onTight(isTight);
  }
}

class Body implements HeldBody {
  bytes = 0;
  isCut = false;
  readonly grow: (bytes: number) => void;
  readonly release: () => void;
  readonly #expected: number;
  #cut: (() => void) | undefined;

  constructor(expected: number, onGrowth: (bytes: number) => void, release: () => void) {
    this.#expected = expected;
    this.grow = onGrowth;
    this.release = release;
  }

  get reserved(): number {
    return Math.max(this.bytes, this.#expected);
  }

  get isGrowing(): boolean {
    return this.#cut !== undefined;
  }

  receive(cut: () => void): void {
    this.#cut = cut;
  }

  complete(): void {
    this.#cut = undefined;
  }

  /** Makes room by dropping the bytes that have arrived. */
  end(): void {
    this.isCut = true;
    this.release();
    this.#cut?.();
  }
}
