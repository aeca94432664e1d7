import type { FailureCode } from '../../core/failures.ts';
import { MovingMean } from '../../util/moving-mean.ts';

/** A host is dead after this many distinct URLs in a row that did not reach it. */
const MAX_UNREACHED = 3;
/** The same for a host that has answered, which may be restarting or refuse some connections. */
const MAX_UNREACHED_ANSWERED = 8;
/** A host that never answered is dead after this many distinct URLs in a row that it took and left unanswered. */
const MAX_SILENT = 3;
/** The same for a host that closes connections that it has accepted: something is there. */
const MAX_RESET = 7;
/**
 * The same for a host that has answered: even if a tenth of its URLs hang, or it closes half of its
 * connections, such a series is unlikely. Hangs cost more time than connections that are closed.
 */
const MAX_SILENT_ANSWERED = 6;
const MAX_RESET_ANSWERED = 17;
/** Weight of the newest later attempt in the share of those that succeed. */
const NEWEST_LATER = 0.2;
/** A host that answers one URL again and again, and left as many others unanswered, is judged like one that never did. */
const MAX_BESIDE_ONE = 6;
/** A host drops requests at random if it later answers more than this share of the URLs that it left unanswered. */
const RECOVERING_SHARE = 0.1;
/**
 * A host that has never answered may not have that many URLs. So attempts count as well, including later ones of the same
 * URL. A single URL gets all its retries.
 */
const MAX_UNREACHED_ATTEMPTS = 4;
const LEAST_URLS = 2;

/** Places in the queue of a host that may be dead: the end first, then the middle. */
const PLACES = [1, 0.5, 0.75, 0.25] as const;

/** URLs remembered that were never answered completely. */
const MAX_KNOWN = 512;

/** Whether a host is alive, by the outcomes of its URLs since it last answered. */
export class HostHealth {
  readonly #unreached = new Set<string>();
  #attempts = 0;
  readonly #silent = new Set<string>();
  /** One silent URL for each group that was under way together. */
  readonly #silentApart = new Set<string>();
  #silences = 0;
  /** URLs that were silent once; their later attempts say nothing about a host that answers others. */
  readonly #knownSilent = new Set<string>();
  /** Whether any of the silences was a connection that the host closed. */
  #hasReset = false;
  /** Share of answers among recent later attempts of silent URLs. */
  readonly #recovered = new MovingMean(NEWEST_LATER, 0);
  #hasAnswered: boolean;
  /** The URL of all answers so far; null if there are none, or several. */
  #onlyUrl: string | null = null;
  #hasRepeated = false;
  /** Start of the look-up whose failure was last counted: rows that shared it count as one failure. */
  #lookupAt = Number.NEGATIVE_INFINITY;
  /** Whether another machine has found it dead. */
  #isAccused = false;

  /** `hasAnswered`: whether the host answered in an earlier run. */
  constructor(hasAnswered: boolean) {
    this.#hasAnswered = hasAnswered;
  }

  /** Maximum requests under way at a time: a host that may be dead gets no more than needed to find out. */
  get maxRequests(): number {
    if (this.#isAccused) return 1;
    return this.#unreached.size === 0
      ? Number.POSITIVE_INFINITY
      : Math.max(1, this.#mostUnreached - this.#unreached.size);
  }

  /**
   * Where in its queue the next row should come from, as a share of the queue's length; 0 for the oldest row. A host that
   * leaves requests unanswered is asked for rows far apart, because neighbours in the index often fail together.
   */
  get nextPlace(): number {
    return this.#silences === 0 ? 0 : (PLACES[(this.#silences - 1) % PLACES.length] ?? 0);
  }

  /** Whether anything has failed, here or for another machine, since the host last answered, or a later attempt may yet fail. */
  get isSuspect(): boolean {
    const hasFailed = this.#unreached.size > 0 || this.#silences > 0 || this.#knownSilent.size > 0;
    return hasFailed || this.#isAccused;
  }

  /** Whether a URL that the host left unanswered is likely to be answered later. */
  get isRecovering(): boolean {
    return this.#recovered.value > RECOVERING_SHARE;
  }

  /** Whether the silences are too many to be those of single URLs, so that the host needs a pause. */
  get needsPause(): boolean {
    if (!this.#hasAnswered) return this.#silences > 1;
    return this.#unreached.size >= MAX_UNREACHED || 2 * this.#silences >= this.#mostSilent;
  }

  /** The host has answered a request to `url`, with success or not. */
  answered(url: string): void {
    if (this.#knownSilent.delete(url)) this.#recovered.add(1);
    this.#hasRepeated = url === this.#onlyUrl;
    if (!this.#hasRepeated) this.#onlyUrl = this.#hasAnswered ? null : url;
    this.#hasAnswered = true;
    this.forget();
  }

  /** Another machine has found it dead: until it answers, one failure is enough. */
  accuse(): void {
    this.#isAccused = true;
  }

  /** Starts with a clean slate. */
  forget(): void {
    this.#isAccused = false;
    this.#unreached.clear();
    this.#attempts = 0;
    this.#silent.clear();
    this.#silentApart.clear();
    this.#silences = 0;
    this.#hasReset = false;
  }

  /** The request that began at `startedAt` did not reach the host. Returns whether the host is dead now. */
  unreached(url: string, code: FailureCode, startedAt: number, now: number): boolean {
    if (code === 'dns_failed' || code === 'dns_timeout') {
      if (startedAt < this.#lookupAt) return false;
      this.#lookupAt = now;
    }
    this.#unreached.add(url);
    this.#attempts += 1;
    return (
      this.#isAccused ||
      this.#unreached.size >= this.#mostUnreached ||
      this.#isTriedOut(this.#unreached, this.#attempts, MAX_UNREACHED_ATTEMPTS)
    );
  }

  /**
   * The host took the request and never answered completely. Requests that were under way together count as one silence.
   * Returns `known` if it says nothing about the host, because the URL was silent before and others were answered, and
   * `together` if it was under way with a request that has counted.
   */
  silent(url: string, code: FailureCode, isNew: boolean): 'dead' | 'strained' | 'together' | 'known' {
    const isKnown = this.#knownSilent.has(url);
    if (isKnown) this.#recovered.add(0);
    if (isKnown && this.#hasAnswered) return 'known';
    this.#unreached.clear();
    this.#attempts = 0;
    this.#silent.add(url);
    this.#remember(url);
    if (code === 'connection_reset') this.#hasReset = true;
    if (!isNew) return 'together';
    this.#silentApart.add(url);
    this.#silences += 1;
    const most = this.#mostSilent;
    const isDead =
      this.#isAccused ||
      this.#silentApart.size >= most ||
      this.#isTriedOut(this.#silent, this.#silences, most);
    return isDead ? 'dead' : 'strained';
  }

  get #mostUnreached(): number {
    return this.#hasAnswered ? MAX_UNREACHED_ANSWERED : MAX_UNREACHED;
  }

  get #mostSilent(): number {
    if (!this.#hasAnswered) return this.#hasReset ? MAX_RESET : MAX_SILENT;
    if (this.#hasRepeated && this.#knownSilent.size >= MAX_BESIDE_ONE) return MAX_SILENT;
    return this.#hasReset ? MAX_RESET_ANSWERED : MAX_SILENT_ANSWERED;
  }

  /** The host let this URL wait while it served others. */
  unserved(url: string): void {
    this.#remember(url);
  }

  #remember(url: string): void {
    this.#knownSilent.add(url);
    const [oldest] = this.#knownSilent;
    if (this.#knownSilent.size > MAX_KNOWN && oldest !== undefined) this.#knownSilent.delete(oldest);
  }

  #isTriedOut(urls: ReadonlySet<string>, attempts: number, most: number): boolean {
    return !this.#hasAnswered && urls.size >= LEAST_URLS && attempts >= most;
  }
}
