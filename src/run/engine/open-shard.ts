import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SampleResult, SampleRow, ShardId } from '../../core/samples.ts';
import { Spool } from '../../output/spool/spool.ts';
import { writeError } from '../../output/store/write-error.ts';
import { makeFolders } from '../../util/files/make-folders.ts';

const spoolName = (id: ShardId): string => `${id}.spool`;
const spoolOwner = (run: string, id: ShardId): string => `${run} ${id}`;

/** A shard with unsettled rows; its settled samples wait in a spool file. */
export class OpenShard {
  readonly id: ShardId;
  readonly spool: Spool;
  readonly startedAt = Date.now();
  /** Rows read from the index so far. */
  rows = 0;
  /** Whether the index has no further rows for it. */
  isFullyRead = false;

  private constructor(id: ShardId, spool: Spool) {
    this.id = id;
    this.spool = spool;
  }

  /** Resumes what an earlier start of the run left of the shard. `run`: identifies the run; null for no resume. */
  static async open(
    id: ShardId,
    { scratch, run, samplesPerShard }: { scratch: string; run: string | null; samplesPerShard: number },
  ): Promise<OpenShard> {
    const owner = run === null ? null : spoolOwner(run, id);
    return new OpenShard(id, await Spool.open(join(scratch, spoolName(id)), samplesPerShard, owner));
  }

  /** Takes over the outcome of a row that an earlier start settled; null if it did not settle it. */
  async takeOver(index: number, row: SampleRow): Promise<SampleResult | null> {
    const result = await this.spool.takeOver(index, row);
    if (result !== null) this.rows += 1;
    return result;
  }

  /** Stores an outcome; resolves when the spool can take the next. */
  settle(index: number, row: SampleRow, result: SampleResult): Promise<void> {
    return this.spool.append(index, { row, result });
  }

  /** Rows read so far that have no outcome. */
  get unsettled(): number {
    return this.rows - this.spool.settled;
  }

  /** Whether every row has its outcome and the shard can be written. */
  get isSettled(): boolean {
    return this.isFullyRead && this.unsettled === 0;
  }
}

/** Removes everything from the scratch folder but the spools of shards that the run has not written. Creates the folder if it is missing. */
export async function clearScratch(
  scratch: string,
  run: string,
  isOpen: (id: ShardId) => boolean,
): Promise<void> {
  try {
    await makeFolders(scratch);
    for (const name of await readdir(scratch)) {
      const id = Number(/^(\d{1,15})\.spool$/.exec(name)?.[1] ?? Number.NaN) as ShardId;
      const path = join(scratch, name);
      const isKept = isOpen(id) && name === spoolName(id) && (await Spool.isLeft(path, spoolOwner(run, id)));
      if (!isKept) await rm(path, { recursive: true, force: true });
    }
  } catch (error) {
    throw writeError(scratch, error, 0);
  }
}
