import type { Breaker, Circuit, CircuitOutcome } from './breaker.ts';

/** Collects what outcomes say about this machine, and gives the verdict on failures that it may have caused. */
export interface Verdicts {
  /** `host`: the host of the outcome. */
  record(circuit: Circuit, host: string, outcome: CircuitOutcome): void;
  /** Calls `end` as soon as it is clear that the machine did not cause a failure; never if it did. */
  release(circuit: Circuit, end: () => void): void;
  /** Must be called when a request has ended, which may have been the last that could tell more. */
  recheck(): void;
}

/** Keeps failed rows pending while it is not clear whether the machine caused the failure. */
export class PendingVerdicts implements Verdicts {
  readonly #breaker: Breaker;
  readonly #isLast: () => boolean;
  readonly #open: { readonly circuit: Circuit; readonly end: () => void }[] = [];
  #looksSoon = false;

  /** `isLast`: whether only pending rows are left. */
  constructor(breaker: Breaker, isLast: () => boolean) {
    this.#breaker = breaker;
    this.#isLast = isLast;
  }

  /** Pending rows. */
  get size(): number {
    return this.#open.length;
  }

  record(circuit: Circuit, host: string, outcome: CircuitOutcome): void {
    this.#breaker.record(circuit, host, outcome);
  }

  release(circuit: Circuit, end: () => void): void {
    if (!this.#breaker.isPending(circuit)) {
      end();
      return;
    }
    this.#open.push({ circuit, end });
    this.recheck();
  }

  recheck(): void {
    if (this.#looksSoon || this.#open.length === 0) return;
    this.#looksSoon = true;
    // The request that has just ended still counts as under way.
    setImmediate(() => this.#settle());
  }

  /** Ends rows whose failure the machine did not cause, and keeps those where it still may have. */
  #settle(): void {
    this.#looksSoon = false;
    const isLast = this.#isLast();
    for (const each of this.#open.splice(0)) {
      const { circuit, end } = each;
      if (!this.#breaker.isPending(circuit) || (isLast && !this.#breaker.conclude(circuit))) end();
      else this.#open.push(each);
    }
  }
}
