import type { Breaker, Circuit, CircuitOutcome } from './breaker.ts';

/** Where what tells of the machine goes, and the verdict on it comes from. */
export interface Verdicts {
  /** `host`: whom the outcome was about. */
  record(circuit: Circuit, host: string, outcome: CircuitOutcome): void;
  /** Calls `end` as soon as it is clear that the machine is not to blame; never, where it is. */
  release(circuit: Circuit, end: () => void): void;
  /** Something has ended, and may have been the last that could tell more. */
  recheck(): void;
}

/** Keeps back the ends of rows while it is not clear whether the machine is to blame for them. */
export class PendingVerdicts implements Verdicts {
  readonly #breaker: Breaker;
  readonly #isLast: () => boolean;
  readonly #open: { readonly circuit: Circuit; readonly end: () => void }[] = [];
  #looksSoon = false;

  /** `isLast`: whether nothing is under way any more but what is in doubt. */
  constructor(breaker: Breaker, isLast: () => boolean) {
    this.#breaker = breaker;
    this.#isLast = isLast;
  }

  /** Ends that are kept back. */
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
    // Whoever has just ended still counts as under way.
    setImmediate(() => this.#settle());
  }

  /** Ends rows whose failure turned out to be the web's, and keeps those for which the machine may be to blame. */
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
