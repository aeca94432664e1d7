import type { AddressLimit } from './address-limit.ts';
import type { HostQueue, QueuedRow } from './host-queue.ts';

/** What the limit of connections by IP address says about a host's queue. Without a limit, every host may go on. */
export class Places<T extends QueuedRow> {
  readonly #limit: AddressLimit | undefined;
  readonly #onGranted: (queue: HostQueue<T>) => boolean;

  /** `onGranted`: a place was given to a queue that waited; returns whether the queue still wants it. */
  constructor(limit: AddressLimit | undefined, onGranted: (queue: HostQueue<T>) => boolean) {
    this.#limit = limit;
    this.#onGranted = onGranted;
  }

  /** Takes a place for the next request of the host. If none is free, the queue waits until it is granted one. */
  take(queue: HostQueue<T>): boolean {
    if (this.#limit === undefined) return true;
    const { place, host } = queue;
    if (place === 'waiting') return false;
    const isFree = place === 'granted' || this.#limit.enter(host.name, () => this.#grant(queue));
    queue.place = isFree ? 'none' : 'waiting';
    return isFree;
  }

  /** A place that cannot be used at once must not keep other hosts waiting. */
  returnUnused(queue: HostQueue<T>, now: number): void {
    if (queue.place !== 'granted' || (queue.rows.size > 0 && queue.mayStart(now))) return;
    queue.place = 'none';
    this.#limit?.leave(queue.host.name);
  }

  /** A request of the host is over. */
  leave({ host }: HostQueue<T>): void {
    this.#limit?.leave(host.name);
  }

  #grant(queue: HostQueue<T>): boolean {
    queue.place = 'granted';
    return this.#onGranted(queue);
  }
}
