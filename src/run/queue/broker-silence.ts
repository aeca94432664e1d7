import { EXIT, UserError } from '../../core/errors.ts';
import { steadyNow } from '../../util/clock.ts';
import { SILENT_MS } from './patient-calls.ts';

/** After so long without an answer, a machine ends. */
const LOST_MS = 600_000;

/** How long a broker has not answered: first the user is told, then the machine gives up. */
export class BrokerSilence {
  readonly #address: string;
  readonly #tell: (message: string) => void;
  readonly #now: () => number;
  readonly #lost = new AbortController();
  #heardAt: number;
  #isTold = false;

  /** `now`: milliseconds, never backwards. */
  constructor(address: string, tell: (message: string) => void, now: () => number = steadyNow) {
    [this.#address, this.#tell, this.#now] = [address, tell, now];
    this.#heardAt = now();
  }

  /** Aborted with a UserError when the machine gives up. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  heard(): void {
    if (this.#isTold) this.#tell(`the queue ${this.#address} answers again`);
    this.#isTold = false;
    this.#heardAt = this.#now();
  }

  check(): void {
    const ms = this.#now() - this.#heardAt;
    if (ms > SILENT_MS && !this.#isTold) {
      this.#isTold = true;
      const meanwhile = 'this machine finishes the shards that it holds and waits for the queue';
      this.#tell(`the queue ${this.#address} does not answer; ${meanwhile}`);
    }
    if (ms < LOST_MS || this.#lost.signal.aborted) return;
    const found = `it has not answered for ${Math.round(LOST_MS / 60_000)} minutes`;
    const remedy = 'start it again, then run the same command again';
    const message = `Cannot go on with the queue ${this.#address}: ${found}; ${remedy}`;
    this.#lost.abort(new UserError(EXIT.environment, message));
  }
}
