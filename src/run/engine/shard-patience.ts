import type { ShardId } from '../../core/samples.ts';

/** Patience without `--patience`: a share of the time that the run has taken, within limits. */
const SHARE = 0.1;
const LEAST_MS = 30_000;
const MOST_MS = 900_000;

/** A shard that no row will be added to before rows of it are settled. */
export interface WaitingShard {
  readonly id: ShardId;
  readonly unsettled: number;
}

/** A shard that waits for nothing but hosts that refuse everything, and until when it does. */
export interface HeldShard {
  readonly id: ShardId;
  /** A moment, in milliseconds; it may be over. */
  readonly until: number;
}

/** How long a run that has taken so many milliseconds waits for hosts that refuse everything. */
export function patienceMs(runMs: number, patience: number | null): number {
  return patience ?? Math.min(MOST_MS, Math.max(LEAST_MS, SHARE * runMs));
}

/**
 * How long shards stay open for hosts that answer 429 or 503 to everything: for each shard, patience begins when none but
 * rows of such hosts are left in it. Thus the run never waits for them longer than that, and earlier shards end before.
 */
export class ShardPatience {
  readonly #patience: number | null;
  readonly #startedAt: number;
  readonly #heldSince = new Map<ShardId, number>();

  /** `patience`: milliseconds; null for the default. `startedAt`: the start of the run. */
  constructor(patience: number | null, startedAt: number) {
    this.#patience = patience;
    this.#startedAt = startedAt;
  }

  /** `refused`: rows of hosts that refuse everything, by shard. Returns the shards that wait for them alone. */
  review(shards: Iterable<WaitingShard>, refused: ReadonlyMap<number, number>, now: number): HeldShard[] {
    const held: HeldShard[] = [];
    for (const { id, unsettled } of shards) {
      const count = refused.get(id) ?? 0;
      if (count > 0 && count >= unsettled && !this.#heldSince.has(id)) this.#heldSince.set(id, now);
      const since = this.#heldSince.get(id);
      if (since === undefined) continue;
      held.push({ id, until: since + this.ms(now) });
    }
    return held;
  }

  /** How long the run would wait from now on, in milliseconds. */
  ms(now: number): number {
    return patienceMs(now - this.#startedAt, this.#patience);
  }

  /** The shard is over. */
  forget(id: ShardId): void {
    this.#heldSince.delete(id);
  }
}
