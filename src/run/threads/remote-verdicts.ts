import type { Circuit, CircuitOutcome } from '../../fetch/breaker/breaker.ts';
import type { Verdicts } from '../../fetch/breaker/verdicts.ts';
import type { LaneReport } from './lane-messages.ts';

/**
 * Asks the engine whether this machine has caused a failure. The engine sees the outcomes of all lanes, whereas a single
 * lane may have only one host.
 */
export class RemoteVerdicts implements Verdicts {
  readonly #report: (report: LaneReport) => void;
  /** What to call when a verdict is released, by its number. */
  readonly #pending = new Map<number, () => void>();
  #count = 0;

  constructor(report: (report: LaneReport) => void) {
    this.#report = report;
  }

  record(circuit: Circuit, host: string, outcome: CircuitOutcome): void {
    this.#report({ kind: 'circuit', circuit, host, outcome });
  }

  release(circuit: Circuit, end: () => void): void {
    this.#count += 1;
    this.#pending.set(this.#count, end);
    this.#report({ kind: 'pending', verdict: this.#count, circuit });
  }

  /** Nothing to do: the engine knows which rows have ended. */
  recheck(): void {}

  released(verdict: number): void {
    const end = this.#pending.get(verdict);
    this.#pending.delete(verdict);
    end?.();
  }
}
