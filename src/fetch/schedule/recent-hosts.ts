/** How long after an answer the connection that brought it may be counted on. */
const WARM_MS = 3_000;
/** Hosts remembered: there are hardly more in so short a time. */
const MOST = 4_096;

/** Hosts that have just answered, to be asked again while a connection to them stands: another costs more than an answer. */
export class RecentHosts<T> {
  /** The latest last. */
  readonly #answers: { readonly host: T; readonly until: number }[] = [];

  answered(host: T, now: number): void {
    if (this.#answers.length >= MOST) this.#answers.splice(0, MOST / 2);
    this.#answers.push({ host, until: now + WARM_MS });
  }

  /** The latest that is wanted, which is forgotten with those passed over. */
  take(now: number, isWanted: (host: T) => boolean): T | undefined {
    for (let latest = this.#answers.pop(); latest !== undefined; latest = this.#answers.pop()) {
      if (latest.until > now && isWanted(latest.host)) return latest.host;
    }
    return undefined;
  }
}
