import type { Options } from '../../config/resolve.ts';
import { FAILURES, type FailureCode } from '../../core/failures.ts';
import { decideRights } from '../../core/rights/decide.ts';
import type { RightsPolicy } from '../../core/rights/policies.ts';
import type { RightsSignal } from '../../core/rights/signal.ts';
import type { FetchFacts } from '../../core/samples.ts';
import { shardName } from '../../shards/names.ts';
import type { OpenShard } from '../engine/open-shard.ts';
import { storedSampleRows } from '../remove/stored-samples.ts';
import type { RemovedSample } from '../remove/take-out.ts';

/** A sample whose owner has since said no. */
export interface DeniedSample extends RemovedSample {
  /** `00042`. */
  readonly shard: string;
  /** The signal that refuses it. */
  readonly by: RightsSignal;
  /** Everything that was said, in this answer alone. */
  readonly signals: readonly RightsSignal[];
}

/** What the owners of a shard's samples have answered. */
export interface ShardAnswers {
  /** Samples that nobody refuses. */
  readonly granted: number;
  readonly denied: readonly DeniedSample[];
  /** Samples of which nobody knows, by the reason. */
  readonly unknown: ReadonlyMap<FailureCode, number>;
}

/** Sorts the answers about the samples of a shard. `options`: of the run that wrote it. */
export async function shardAnswers(
  output: string,
  options: Options,
  { id, spool }: OpenShard,
  policy: RightsPolicy,
): Promise<ShardAnswers> {
  const unknown = new Map<FailureCode, number>();
  const refused = new Map<number, { readonly message: string; readonly asked: FetchFacts }>();
  let granted = 0;
  for (let index = 0; index < options.numberSamplePerShard; index += 1) {
    const result = (await spool.read(index))?.result;
    if (result === undefined) continue;
    if (result.ok) granted += 1;
    else if (isRefusal(result.code)) refused.set(index, { message: result.message, asked: result.fetch });
    else unknown.set(result.code, (unknown.get(result.code) ?? 0) + 1);
  }
  if (refused.size === 0) return { granted, denied: [], unknown };
  const shard = shardName(id, { shardDigits: options.oomShardCount });
  const denied: DeniedSample[] = [];
  for await (const rows of storedSampleRows(output, options, id)) {
    for (const { digest: _, ...sample } of rows) {
      const answer = refused.get(sample.index);
      if (answer === undefined) continue;
      const { message, asked } = answer;
      const signals = (asked.signals ?? []) as readonly RightsSignal[];
      const { by } = decideRights(signals, policy);
      if (by === null) throw new Error(`The row ${sample.index} of ${shard} was refused by nobody`);
      denied.push({ ...sample, shard, reason: message, fetch: factsOf(sample.fetch, asked), by, signals });
    }
  }
  return { granted, denied, unknown };
}

/** Whether an owner has said no. That a file of rules cannot be had is no answer. */
const isRefusal = (code: FailureCode): boolean =>
  FAILURES[code].stage === 'rights' && code !== 'robots_unreachable';

/** What stays in the metadata: the download, with the answer of the owner and its moment. */
function factsOf(
  before: FetchFacts,
  { httpStatus, finalUrl, fetchedAt, signals = [] }: FetchFacts,
): FetchFacts {
  return { ...before, ...(httpStatus === null ? {} : { httpStatus, finalUrl }), fetchedAt, signals };
}
