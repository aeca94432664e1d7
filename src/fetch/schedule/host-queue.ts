import type { HostKey } from '../../core/samples.ts';
import { Heap } from '../../util/heap.ts';
import type { Host } from '../hosts/host.ts';

export interface QueuedRow {
  readonly host: HostKey;
  /** Place in the order of the index; the lowest goes first. */
  readonly order: number;
  /** Attempts so far; undefined for none. */
  readonly attempts?: number;
  /** Number of its shard; undefined for 0. */
  readonly shard?: number;
}

/**
 * How soon a host answers. `limited`: it asked for fewer requests, so that time decides how many it gets. `fast`: it
 * answers soon. `unknown`: it may be slow.
 */
export type Speed = 'limited' | 'fast' | 'unknown';

/** The rows of one host that wait, and where the frontier has listed it. */
export class HostQueue<T extends QueuedRow> {
  readonly host: Host;
  readonly rows = new Heap<T>();
  /** How many of its rows count as waiting: none while only time lets them start. */
  counted = 0;
  /** The order under which it is listed among the hosts that may start a row; Infinity if it is not. */
  listedAt = Number.POSITIVE_INFINITY;
  /** The list that it was last put on. */
  listedAs: Speed = 'unknown';
  /** With a limit by address: whether it waits for a place there, or has been given one that it has not used yet. */
  place: 'none' | 'waiting' | 'granted' = 'none';
  /** The next moment at which the frontier looks at it again. */
  wakesAt = Number.POSITIVE_INFINITY;

  constructor(host: Host) {
    this.host = host;
  }

  get speed(): Speed {
    if (this.host.isLimited) return 'limited';
    return this.host.isFast ? 'fast' : 'unknown';
  }

  /** Takes the oldest row, or one from the part of the queue that the host should be asked for. */
  next(): T | undefined {
    const { nextPlace } = this.host;
    const elsewhere = nextPlace === 0 ? undefined : this.rows.takeNear(nextPlace, isUntried);
    return elsewhere ?? this.rows.pop();
  }

  mayStart(now: number): boolean {
    const { active, opensAt } = this.host;
    return opensAt <= now && active < this.host.connectionLimit(now);
  }
}

const isUntried = ({ attempts = 0 }: QueuedRow): boolean => attempts === 0;
