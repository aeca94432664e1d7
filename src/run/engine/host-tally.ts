import type { HostEvent } from '../../fetch/hosts/host-event.ts';
import { DistinctCount } from '../../util/distinct-count.ts';

/** Hosts whose treatment changed during a run. A host counts once in each group. */
export interface HostCounts {
  /** Given up because they did not respond. */
  readonly dead: number;
  /** Answered 429 or 503, and got fewer requests or none. */
  readonly throttled: number;
  /** Got fewer connections after they refused or dropped some. */
  readonly limited: number;
}

type HostGroup = keyof HostCounts;

/** Counts hosts by their events, in bounded memory. */
export class HostTally {
  readonly #groups: Readonly<Record<HostGroup, DistinctCount>> = {
    dead: new DistinctCount(),
    throttled: new DistinctCount(),
    limited: new DistinctCount(),
  };

  #throttledUntil: number | null = null;

  /** `now` in milliseconds since 1970. */
  add(event: HostEvent, now: number): void {
    if (event.kind === 'closed' && event.code === 'host_throttled')
      this.#throttledUntil = Math.max(this.#throttledUntil ?? 0, now + event.forMs);
    this.#groups[groupOf(event)].add(event.host);
  }

  /** The moment from which every host that was closed for its refusals may be asked again; null if none was. */
  get throttledUntil(): number | null {
    return this.#throttledUntil;
  }

  get counts(): HostCounts {
    const { dead, throttled, limited } = this.#groups;
    return { dead: dead.result.count, throttled: throttled.result.count, limited: limited.result.count };
  }
}

function groupOf(event: HostEvent): HostGroup {
  switch (event.kind) {
    case 'closed':
      return event.code === 'host_dead' ? 'dead' : 'throttled';
    case 'paused':
    case 'rate-limited':
      return 'throttled';
    case 'connection-limit-lowered':
      return 'limited';
  }
}
