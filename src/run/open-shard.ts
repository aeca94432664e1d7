import { join } from 'node:path';
import type { SampleResult, SampleRow, ShardId } from '../core/samples.ts';
import { Spool } from '../output/spool.ts';

/** A shard whose rows are under way; its settled samples wait in a spool file. */
export class OpenShard {
  readonly id: ShardId;
  readonly spool: Spool;
  readonly startedAt = Date.now();
  /** Rows read of the index so far. */
  rows = 0;
  /** Whether the index has no further row for it. */
  whole = false;

  private constructor(id: ShardId, spool: Spool) {
    this.id = id;
    this.spool = spool;
  }

  static async open(id: ShardId, scratch: string, samplesPerShard: number): Promise<OpenShard> {
    return new OpenShard(id, await Spool.open(join(scratch, `${id}.spool`), samplesPerShard));
  }

  /** Keeps an outcome; resolves when the next may come. */
  settle(index: number, row: SampleRow, result: SampleResult): Promise<void> {
    return this.spool.append(index, { row, result });
  }

  /** Whether every row has its outcome and the shard can be written. */
  get isSettled(): boolean {
    return this.whole && this.spool.settled === this.rows;
  }
}
