import type { RunEvent } from '../engine/events.ts';
import { FailureNotes } from '../engine/failure-notes.ts';
import { type HostCounts, HostTally } from '../engine/host-tally.ts';
import { Tally } from '../engine/tally.ts';

/** Counts the events of a download for its summary. */
export class RunCounts {
  /** Outcomes of the rows that this start settled. */
  readonly tally = new Tally();
  /** Outcomes of the rows that earlier starts settled. */
  readonly before: Tally;
  /** Examples of the failures of this start, and its worst hosts. */
  readonly notes = new FailureNotes();
  readonly #hosts = new HostTally();
  /** Rows taken over from the spools of unfinished shards. */
  takenOver = 0;
  shardsWritten = 0;
  #rowsWritten = 0;

  /** `before`: outcomes in the shards that earlier starts finished. Rows that are taken over are added to it. */
  constructor(before: Tally) {
    this.before = before;
  }

  take(event: RunEvent): void {
    switch (event.type) {
      case 'sample':
        this.tally.add(event.outcome, event.bytes);
        if (event.outcome !== 'success') this.notes.add(event.outcome, event.url);
        return;
      case 'taken-over':
        this.before.add(event.outcome, 0);
        this.takenOver += 1;
        return;
      case 'shard':
        this.shardsWritten += 1;
        this.#rowsWritten += event.count;
        return;
      case 'host':
        this.#hosts.add(event.event, Date.now());
    }
  }

  /** Settled rows of shards that are not finished. */
  get unwrittenRows(): number {
    return this.takenOver + this.tally.rows - this.#rowsWritten;
  }

  get throttledUntil(): number | null {
    return this.#hosts.throttledUntil;
  }

  get hosts(): HostCounts {
    return this.#hosts.counts;
  }
}
