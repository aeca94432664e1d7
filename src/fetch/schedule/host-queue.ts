import type { HostKey } from '../../core/samples.ts';
import type { Host } from '../hosts/host.ts';
import { hasFailed, WaitingRows } from './waiting-rows.ts';

export interface QueuedRow {
  readonly host: HostKey;
  /** Place in the order of the index; the lowest goes first. */
  readonly order: number;
  /** Attempts so far; undefined for none. */
  readonly attempts?: number;
  /** Number of its shard; undefined for 0. */
  readonly shard?: number;
  /** Whether its next request asks for rules (robots.txt), which may be those of another host. */
  readonly asks?: boolean;
}

/**
 * How soon a host answers. `limited`: time decides how many requests it gets, because it asked for fewer or has too many
 * rows for its connections. `fast`: it answers soon. `unknown`: it may be slow.
 */
export type Speed = 'limited' | 'fast' | 'unknown';

/** Share of a host's places for rows that have failed before, while others wait: they may hang, one beside the other. */
const MAX_FAILED_SHARE = 0.5;
/**
 * A host that needs a larger share of the time that all waiting rows take must not start late. It cannot catch up, and
 * URLs that hang make it slower than it is at first.
 */
const MAX_SHARE_OF_TIME = 0.25;
/** Milliseconds up to which any host may start late: so little is waiting that the order matters more elsewhere. */
const LEAST_LONG_MS = 10_000;
/** A host with fewer rows, once it has answered, goes on until they are done: they cost less now than another connection. */
const SMALL_HOST_ROWS = 16;
/** What a request is taken to need, in milliseconds, and for how many requests that counts as much as the host's own. */
const ASSUMED_MS = 250;
const ASSUMED_REQUESTS = 16;

/** The rows of one host that wait, and where the frontier has listed it. */
export class HostQueue<T extends QueuedRow> {
  readonly host: Host;
  readonly rows = new WaitingRows<T>();
  /** How many of its rows count as waiting: none while only time lets them start. */
  counted = 0;
  /** The order under which it is listed among the hosts that may start a row; Infinity if it is not. */
  listedAt = Number.POSITIVE_INFINITY;
  /** The list that it was last put on. */
  listedAs: Speed = 'unknown';
  /** Whether it has just been asked for its rules, and no row has started since. */
  isNext = false;
  /** With a limit by address: whether it waits for a place there, or has been given one that it has not used yet. */
  place: 'none' | 'waiting' | 'granted' = 'none';
  /** The next moment at which the frontier looks at it again. */
  wakesAt = Number.POSITIVE_INFINITY;

  /** Rows under way that had failed before. */
  #failedActive = 0;
  /** Requests that are over, and the milliseconds for which they held their places. */
  #requests = ASSUMED_REQUESTS;
  #heldMs = ASSUMED_REQUESTS * ASSUMED_MS;

  /** Whether the host's rules are being asked for. */
  readonly #isAsked: (host: HostKey) => boolean;

  constructor(host: Host, isAsked: (host: HostKey) => boolean = () => false) {
    this.host = host;
    this.#isAsked = isAsked;
  }

  /** `allMs`: how long the waiting rows of all hosts take, in milliseconds. */
  speed(allMs: number): Speed {
    const isLong = this.#leastMs > Math.max(LEAST_LONG_MS, MAX_SHARE_OF_TIME * allMs);
    if (this.host.isLimited || isLong) return 'limited';
    return this.host.isFast ? 'fast' : 'unknown';
  }

  get isSmall(): boolean {
    return this.rows.size < SMALL_HOST_ROWS;
  }

  /** How long a request holds its place, in milliseconds. */
  get requestMs(): number {
    return this.#heldMs / this.#requests;
  }

  /** Milliseconds that its waiting rows take on as many connections as it may ever get. */
  get #leastMs(): number {
    return (this.requestMs * this.rows.size) / this.host.mostConnections;
  }

  /** Takes the oldest row, or one from the part of the queue that the host should be asked for. */
  next(now: number): T | undefined {
    if (this.rows.hasAsking) return this.rows.pop();
    const { nextPlace } = this.host;
    const isFull = this.#failedActive >= MAX_FAILED_SHARE * this.host.connectionLimit(now);
    const untried = nextPlace !== 0 || isFull ? this.rows.popUntried(nextPlace) : undefined;
    return untried ?? this.rows.pop();
  }

  /** A request for this row starts. Returns what to call when it is over. */
  begin(row: T, now: number): (endedAt: number) => void {
    const failed = hasFailed(row) ? 1 : 0;
    this.#failedActive += failed;
    return (endedAt) => {
      this.#failedActive -= failed;
      this.#requests += 1;
      this.#heldMs += endedAt - now;
    };
  }

  /** Whether its rows wait for the host's rules. A row that asks for rules may start all the same. */
  get isBlocked(): boolean {
    return !this.rows.hasAsking && this.#isAsked(this.host.name);
  }

  mayStart(now: number): boolean {
    const { active, opensAt } = this.host;
    if (this.isBlocked) return false;
    return opensAt <= now && active < this.host.connectionLimit(now);
  }
}
