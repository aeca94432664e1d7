import { fromRefusal, isRefusal } from '../../broker/interface/broker-error.ts';
import { EXIT, oneLine, UserError } from '../../core/errors.ts';
import { steadyNow } from '../../util/clock.ts';
import { formatDuration } from '../../util/text/units.ts';
import { SILENT_MS, unlessAborted } from './patient-calls.ts';

const CHECK_MS = 1_000;

interface Listening {
  /** For messages. */
  readonly address: string;
  /** Milliseconds without an answer after which the machine gives up. */
  readonly waitMs: number;
  readonly tell: (message: string) => void;
  /** Milliseconds, never backwards. */
  readonly now?: () => number;
}

/** How long a broker has not answered: first the user is told, then the machine gives up. */
export class BrokerSilence {
  readonly #listening: Listening;
  readonly #now: () => number;
  readonly #lost = new AbortController();
  #heardAt: number;
  #isTold = false;
  /** What it has answered last instead of doing what it was asked for. */
  #refusal: string | null = null;

  constructor(listening: Listening) {
    this.#listening = listening;
    this.#now = listening.now ?? steadyNow;
    this.#heardAt = this.#now();
  }

  /** Aborted with a UserError when the machine gives up. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Silence counts from now on: nothing was asked before. */
  listen(): void {
    this.#heardAt = this.#now();
  }

  heard(): void {
    const { address, tell } = this.#listening;
    if (this.#isTold) tell(`the queue ${address} answers again`);
    this.#isTold = false;
    this.#refusal = null;
    this.listen();
  }

  /** A call has failed. */
  failed(error: unknown): void {
    this.#refusal = isRefusal(error) ? oneLine(error) : null;
  }

  check(): void {
    const { waitMs, tell, address } = this.#listening;
    const ms = this.#now() - this.#heardAt;
    if (ms > Math.min(SILENT_MS, waitMs / 2) && !this.#isTold) {
      this.#isTold = true;
      const meanwhile = 'this machine finishes the shards that it holds and waits for the queue';
      const found = this.#refusal === null ? 'does not answer' : `only answers '${this.#refusal}'`;
      tell(`the queue ${address} ${found}; ${meanwhile}`);
    }
    if (ms < waitMs || this.#lost.signal.aborted) return;
    const found = this.#refusal === null ? 'has not answered' : `has only answered '${this.#refusal}'`;
    const remedy = 'start it again, then run the same command again';
    this.#lost.abort(this.#cannotGoOn(`it ${found} for ${formatDuration(waitMs)}`, remedy));
  }

  /** The broker answers, and has lost what it held: its data were not on a disk. */
  forgotten(): UserError {
    const found = 'it has lost the shards of this run, and the dataset is not complete';
    return this.#cannotGoOn(found, 'make it keep its data, then run the same command again, which fills it');
  }

  #cannotGoOn(found: string, remedy: string): UserError {
    const message = `Cannot go on with the queue ${this.#listening.address}: ${found}; ${remedy}`;
    return new UserError(EXIT.environment, message);
  }

  /**
   * The answer to a call that is made before the machine has work.
   * @throws UserError when the machine gives up
   */
  async hear<T>(call: Promise<T>): Promise<T> {
    this.listen();
    const timer = setInterval(() => this.check(), CHECK_MS);
    try {
      const answer = await unlessAborted(
        call.then((value) => ({ value })),
        this.lost,
      );
      if (answer === null) throw this.lost.reason;
      this.heard();
      return answer.value;
    } catch (error) {
      throw fromRefusal(this.#listening.address, error);
    } finally {
      clearInterval(timer);
    }
  }
}
