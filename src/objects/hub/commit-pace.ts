/** The hub takes 128 commits an hour of accounts without a plan. Some are left for starts, ends and other programs. */
const PER_HOUR = 112;
/** The part of an hour's commits that may be made at once. */
const AT_ONCE = 0.25;
const HOUR_MS = 3_600_000;

/** How soon commits may follow each other: a quarter of an hour's commits at once, the others at equal distances. */
export class CommitPace {
  readonly #most: number;
  readonly #everyMs: number;
  #left: number;
  #since: number;

  /** Times are milliseconds of a clock that never goes back. */
  constructor(now: number, perHour: number = PER_HOUR) {
    this.#most = Math.max(1, Math.floor(perHour * AT_ONCE));
    this.#everyMs = HOUR_MS / Math.max(1, perHour - this.#most);
    this.#left = this.#most;
    this.#since = now;
  }

  /** Milliseconds until the next commit may be made. */
  waitMs(now: number): number {
    const earned = Math.floor((now - this.#since) / this.#everyMs);
    this.#left = Math.min(this.#most, this.#left + earned);
    this.#since = this.#left === this.#most ? now : this.#since + earned * this.#everyMs;
    return this.#left > 0 ? 0 : this.#since + this.#everyMs - now;
  }

  /** Counts a commit. */
  take(): void {
    this.#left -= 1;
  }
}

/** `HF_COMMITS_PER_HOUR`, for accounts with a plan; undefined if it is no number. */
export function commitsPerHour({ HF_COMMITS_PER_HOUR: text = '' }: NodeJS.ProcessEnv): number | undefined {
  return /^[1-9]\d{0,6}$/.test(text) ? Number(text) : undefined;
}
