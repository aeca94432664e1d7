import type { OutputFormat } from '../../core/choices.ts';
import type { ShardId } from '../../core/samples.ts';
import { shardFileName } from '../../shards/files.ts';
import { type Numbering, shardName } from '../../shards/names.ts';
import type { Finding } from './findings.ts';
import type { VerifiedShard } from './verify-shard.ts';

/** What one run of the dataset should have written. */
export interface PlannedRun {
  readonly firstShard: ShardId;
  readonly format: OutputFormat;
  readonly numbering: Numbering;
  /** Whether it wrote files for loaders. */
  readonly loaderFiles: boolean;
  /** Number of rows of each of its shards, in order; null if the run is not finished. */
  readonly shardRows: readonly number[] | null;
}

export interface BrokenShard {
  readonly shard: string;
  readonly id: ShardId;
  /** Position of the run that planned it; null if no run did. */
  readonly run: number | null;
}

/** The shards that should exist, and which of them have been seen. */
export class DatasetPlan {
  readonly #runs: readonly PlannedRun[] | null;
  readonly #seen = new Set<ShardId>();

  constructor(runs: readonly PlannedRun[] | null) {
    this.#runs = runs;
  }

  runOf(id: ShardId): PlannedRun | null {
    return this.#runs?.findLast(({ firstShard }) => firstShard <= id) ?? null;
  }

  placeOf({ id, shard }: Pick<VerifiedShard, 'id' | 'shard'>): BrokenShard {
    const run = this.runOf(id);
    const planned = run !== null && this.#name(id, run) === shard && rowsOf(run, id) !== undefined;
    return { id, shard, run: planned ? (this.#runs?.indexOf(run) ?? null) : null };
  }

  /** How a shard differs from the plan. From then on, it counts as seen. */
  findingsOf({ id, shard, rows }: VerifiedShard): Finding[] {
    if (this.#runs === null) return [];
    const file = shardFileName(shard, 'stats');
    const run = this.runOf(id);
    const planned = run === null ? undefined : rowsOf(run, id);
    if (run === null || planned === undefined || this.#name(id, run) !== shard) {
      return [{ file, problem: 'the plan has no such shard' }];
    }
    this.#seen.add(id);
    if (planned === null || planned === rows) return [];
    return [{ file, problem: `the shard has ${rows} rows, the plan ${planned}` }];
  }

  *missing(): Generator<BrokenShard> {
    for (const [run, planned] of this.#runs?.entries() ?? []) {
      for (const index of planned.shardRows?.keys() ?? []) {
        const id = (planned.firstShard + index) as ShardId;
        if (!this.#seen.has(id)) yield { shard: this.#name(id, planned), id, run };
      }
    }
  }

  #name(id: ShardId, { numbering }: PlannedRun): string {
    return shardName(id, numbering);
  }
}

/** Rows that a run planned for a shard: null if not known yet, undefined if the run planned no such shard. */
function rowsOf({ firstShard, shardRows }: PlannedRun, id: ShardId): number | null | undefined {
  return shardRows === null ? null : shardRows[id - firstShard];
}
