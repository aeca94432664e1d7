import type { BrokerRun, ShardJob } from '../../broker/interface/broker.ts';
import type { Options } from '../../config/resolve.ts';
import type { ShardId } from '../../core/samples.ts';
import { openIndex } from '../../inputs/open.ts';
import { planShards } from '../../shards/plan.ts';
import type { IndexExtent } from '../index/assign-shards.ts';
import type { OpenedFile, OpenedIndex } from '../index/open-index.ts';
import { countSelected, selectRows } from '../index/select-rows.ts';
import type { BrokerSilence } from './broker-silence.ts';

/** Shards that are added in one call: of too many, the answer would come so late that the queue seems to be silent. */
const AT_ONCE = 1_000;

export interface PlanRequest {
  readonly broker: BrokerRun;
  readonly silence: BrokerSilence;
  readonly index: OpenedIndex;
  readonly options: Options;
  readonly firstShard: ShardId;
  /** Shards that are finished. */
  readonly done: ReadonlySet<ShardId>;
  readonly output: string;
  readonly signal: AbortSignal;
}

/**
 * Fills the queue with the shards that are left, unless another machine has done so. The caller holds the lock of the
 * dataset. Returns the extent of the index.
 */
export async function planRun(request: PlanRequest): Promise<IndexExtent> {
  const { broker, silence, done, output } = request;
  const plan = await silence.hear(broker.plan());
  if (plan?.isFilled && (await silence.hear(isUnderWay(broker)))) return plan.fileRows;
  const fileRows = plan?.fileRows ?? (await countRows(request));
  const { numberSamplePerShard } = request.options;
  const shards = planShards(fileRows, numberSamplePerShard, request.firstShard);
  const plannedAt = plan?.plannedAt ?? Date.now();
  const next = { output, fileRows, shards: shards.length, plannedAt };
  await silence.hear(broker.setPlan({ ...next, isFilled: false }));
  // A new start gives shards that were set aside another chance.
  await silence.hear(broker.queue.forgetSetAside());
  const left = shards.filter(({ id }) => !done.has(id));
  const jobs = left.map(({ id, file, start, rows }): ShardJob => ({ shard: id, file, start, rows }));
  for (let at = 0; at < jobs.length; at += AT_ONCE)
    await silence.hear(broker.queue.add(jobs.slice(at, at + AT_ONCE)));
  await silence.hear(broker.setPlan({ ...next, isFilled: true }));
  return fileRows;
}

/** Whether the queue has anything to do. */
async function isUnderWay({ queue }: BrokerRun): Promise<boolean> {
  const { waiting, active } = await queue.counts();
  return waiting + active > 0;
}

/** Selected rows of each file. Reads files that do not tell. */
async function countRows({ index, options, signal }: PlanRequest): Promise<IndexExtent> {
  const fileRows: number[] = [];
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  for (const [position, file] of index.files.entries()) {
    if (left <= 0) break;
    const rows = Math.min(left, await countFile(file, position, options, signal));
    fileRows.push(rows);
    left -= rows;
  }
  return fileRows;
}

async function countFile(
  file: OpenedFile,
  position: number,
  options: Options,
  signal: AbortSignal,
): Promise<number> {
  const selection = { file: position, selection: options, signal };
  if (file.rowCount !== null) return (await countSelected({ rowCount: file.rowCount }, selection)) ?? 0;
  const index = await openIndex(file.source, file.options);
  try {
    const counted = await countSelected(index, selection);
    if (counted !== null) return counted;
    let rows = 0;
    for await (const batch of selectRows(index, { ...selection, from: 0, columns: [] })) rows += batch.length;
    return rows;
  } finally {
    await index.close();
  }
}
