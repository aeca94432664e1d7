import { Heap } from '../../util/heap.ts';

/** Actions at moments of the clock, with one timer for all of them. */
export class Alarms {
  readonly #now: () => number;
  readonly #actions = new Heap<() => void>();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #isStopped = false;

  constructor(now: () => number) {
    this.#now = now;
  }

  at(moment: number, action: () => void): void {
    if (this.#isStopped) return;
    this.#actions.push(moment, action);
    if (moment < this.#timerAt) this.#setTimer(moment);
  }

  /** Drops every action, also those that are still to come. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#actions.clear();
  }

  #setTimer(moment: number): void {
    clearTimeout(this.#timer);
    this.#timerAt = moment;
    this.#timer = setTimeout(() => this.#ring(), Math.max(0, Math.ceil(moment - this.#now())));
  }

  #ring(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = this.#now();
    while ((this.#actions.leastKey ?? Number.POSITIVE_INFINITY) <= now) this.#actions.pop()?.();
    if (this.#actions.leastKey !== undefined) this.#setTimer(this.#actions.leastKey);
  }
}
