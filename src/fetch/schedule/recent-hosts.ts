/** How long after an answer its connection is likely to be open. */
const RECENT_MS = 3_000;
/** Maximum hosts remembered; there are rarely more in so short a time. */
const MAX_HOSTS = 4_096;

/** Hosts that have just answered. Asking one again while its connection is open saves a new connection, which costs more than an answer. */
export class RecentHosts<T> {
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
