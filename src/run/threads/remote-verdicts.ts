import type { Circuit, CircuitOutcome } from '../../fetch/breaker/breaker.ts';
import type { Verdicts } from '../../fetch/breaker/verdicts.ts';
import type { Report } from './lane-messages.ts';

/** Asks the engine, which hears of all lanes, whether the machine is to blame: a lane may know but one host. */
export class RemoteVerdicts implements Verdicts {
  readonly #report: (report: Report) => void;
  readonly #ends = new Map<number, () => void>();
  #doubts = 0;

  constructor(report: (report: Report) => void) {
    this.#report = report;
  }

  record(circuit: Circuit, host: string, outcome: CircuitOutcome): void {
    this.#report({ kind: 'sign', circuit, host, outcome });
  }

  release(circuit: Circuit, end: () => void): void {
    this.#doubts += 1;
    this.#ends.set(this.#doubts, end);
    this.#report({ kind: 'doubt', doubt: this.#doubts, circuit });
  }

  /** The engine sees for itself what has ended. */
  recheck(): void {}

  released(doubt: number): void {
    const end = this.#ends.get(doubt);
    this.#ends.delete(doubt);
    end?.();
  }
}
