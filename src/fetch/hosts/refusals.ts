import { MovingMean } from '../../util/moving-mean.ts';
import { closedMs, isAboutHost, pauseMs, type Refusal, type RefusalStatus } from './backoff.ts';
import type { HostPause } from './host-record.ts';

/** How long a host is left alone at least that was given up for refusing everything. */
const GIVEN_UP_MS = 60_000;
/** Weight of the newest answer in the share of 503. */
const NEWEST = 0.1;

/** The answers 429 and 503 of a host in a row; the rules are in `backoff.ts`. */
export class Refusals {
  /** Refusals since the last good answer, and the moment of the first of them. */
  #count = 0;
  #since = 0;
  #status: RefusalStatus = 429;
  /** Share of 503 among recent answers. */
  readonly #unavailable = new MovingMean(NEWEST, 0);
  /** Whether the host was given up for refusing everything, and has not answered since. */
  #isGivenUp = false;

  /** `pause`: one of an earlier run that is not over. */
  constructor(pause: HostPause | undefined) {
    if (pause === undefined) return;
    this.#count = 1;
    this.#since = pause.until;
    this.#status = pause.status;
  }

  get count(): number {
    return this.#count;
  }

  /** Milliseconds since the first of them; 0 if there are none. */
  forMs(now: number): number {
    return this.#count === 0 ? 0 : now - this.#since;
  }

  /** The status of the latest. */
  get status(): RefusalStatus {
    return this.#status;
  }

  /** A good answer ends them. */
  answered(): void {
    this.#unavailable.add(0);
    this.#count = 0;
    this.#isGivenUp = false;
  }

  /** Another machine was refused: as if this one had been, unless it was itself. */
  hear({ status }: HostPause, now: number): void {
    if (this.#count > 0) return;
    this.#count = 1;
    this.#since = now;
    this.#status = status;
  }

  /** Counts a refusal if it speaks for the host, and returns whether it does. `hasAnswered`: the host, in this run. */
  add(refusal: Refusal, hasAnswered: boolean, now: number): boolean {
    const isAlone = hasAnswered && this.#count === 0;
    if (refusal.status === 503) this.#unavailable.add(1);
    if (!isAboutHost(refusal, isAlone ? this.#unavailable.value : null)) return false;
    if (this.#count === 0) this.#since = now;
    this.#count += 1;
    this.#status = refusal.status;
    return true;
  }

  /** Milliseconds without a request after the latest refusal. */
  pauseMs(latest: Refusal): number {
    return pauseMs(this.#count, latest);
  }

  /** Milliseconds for which the host is closed after a refusal that asks for this pause; null if it is not. */
  closedMs(pause: number, now: number): number | null {
    return closedMs(pause, this.forMs(now)) ?? (this.#isGivenUp ? Math.max(pause, GIVEN_UP_MS) : null);
  }

  /** From now on one more refusal closes the host again. Returns the milliseconds for which it is closed first. */
  giveUp(restOfPauseMs: number): number {
    this.#isGivenUp = true;
    return Math.max(restOfPauseMs, GIVEN_UP_MS);
  }
}
