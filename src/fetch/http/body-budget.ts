/** Bytes that a body is taken for before the first has come. */
const FIRST_GUESS_BYTES = 64 * 1024;
/** Weight of the newest body in the mean. */
const NEWEST = 0.05;

/** What one request holds in memory, from its start until its row has been told. */
export interface HeldBody {
  /** Bytes come in from now on; `cut` ends that. */
  receive(cut: () => void): void;
  /** It takes so many bytes more. */
  grow(bytes: number): void;
  /** No more comes in; what did is still held. */
  complete(): void;
  release(): void;
  /** Whether it was ended to make room. */
  readonly isCut: boolean;
}

/**
 * The memory of all bodies under way. Requests start only while what they are likely to bring leaves half of it free;
 * where bodies turn out larger than that, the largest is cut.
 */
export class BodyBudget {
  readonly #maxBytes: number;
  readonly #onTight: (isTight: boolean) => void;
  readonly #open = new Set<Body>();
  #held = 0;
  /** What is held and what is likely still to come. */
  #reserved = 0;
  #meanBytes = FIRST_GUESS_BYTES;
  #isTight = false;

  /** `onTight` is told whenever it changes whether requests must wait. */
  constructor(maxBytes: number, onTight: (isTight: boolean) => void) {
    this.#maxBytes = maxBytes;
    this.#onTight = onTight;
  }

  /** A request starts. */
  begin(): HeldBody {
    const body = new Body(
      this.#meanBytes,
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
    this.#meanBytes += NEWEST * (body.bytes - this.#meanBytes);
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

  /** Makes room: what has come in is given up. */
  end(): void {
    this.isCut = true;
    this.release();
    this.#cut?.();
  }
}
