import type { HostQueue, QueuedRow } from './host-queue.ts';

/** How long after an answer its connection is likely to be open. */
const RECENT_MS = 3_000;
/** Maximum hosts remembered; there are rarely more in so short a time. */
const MAX_HOSTS = 4_096;

/** Hosts that have just answered. Asking one again while its connection is open saves a new connection, which costs more than an answer. */
class RecentHosts<T> {
  /** The latest answer is the last. */
  readonly #answers: { readonly host: T; readonly until: number }[] = [];

  answered(host: T, now: number): void {
    if (this.#answers.length >= MAX_HOSTS) this.#answers.splice(0, MAX_HOSTS / 2);
    this.#answers.push({ host, until: now + RECENT_MS });
  }

  /** The latest host that is wanted. It is forgotten, and so are those after it that were not wanted. */
  take(now: number, isWanted: (host: T) => boolean): T | undefined {
    for (let latest = this.#answers.pop(); latest !== undefined; latest = this.#answers.pop()) {
      if (latest.until > now && isWanted(latest.host)) return latest.host;
    }
    return undefined;
  }
}

/** Queues of hosts that have just answered: their next rows go first while the connection is open. */
export class RecentQueues<T extends QueuedRow> {
  /** Fast hosts with many more rows. */
  readonly #fast = new RecentHosts<HostQueue<T>>();
  /** Small hosts, with a handful of rows left, that are fast. */
  readonly #small = new RecentHosts<HostQueue<T>>();
  /** Hosts that were asked for their rules, fast or not: first they are asked for what the rules are about. */
  readonly #rules = new RecentHosts<HostQueue<T>>();

  answered(queue: HostQueue<T>, now: number): void {
    if (queue.rows.size === 0) return;
    if (queue.isNext) this.#rules.answered(queue, now);
    else if (queue.listedAs === 'fast') (queue.isSmall ? this.#small : this.#fast).answered(queue, now);
  }

  /** The answer was one to a question for the host's rules, whose own request may still be about to end. */
  answeredRules(queue: HostQueue<T>, now: number): void {
    queue.isNext = true;
    this.answered(queue, now);
  }

  /** The latest host whose rows go before those of all others; undefined if there is none. */
  next(now: number): HostQueue<T> | undefined {
    return (
      this.#rules.take(now, (queue) => queue.isNext && queue.rows.size > 0 && queue.mayStart(now)) ??
      this.#small.take(now, (queue) => isReady(queue, Number.POSITIVE_INFINITY, now))
    );
  }

  /** The latest fast host with many rows, one of them older than `before`; undefined if there is none. */
  nextFast(before: number, now: number): HostQueue<T> | undefined {
    return this.#fast.take(now, (queue) => isReady(queue, before, now));
  }
}

function isReady<T extends QueuedRow>(queue: HostQueue<T>, before: number, now: number): boolean {
  const order = queue.rows.leastOrder ?? Number.POSITIVE_INFINITY;
  return queue.listedAs === 'fast' && order < before && queue.mayStart(now);
}
