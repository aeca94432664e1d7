import { join } from 'node:path';
import type { Options } from '../config/resolve.ts';
import { usageError } from '../core/errors.ts';
import type { FailureCode } from '../core/failures.ts';
import type { HostRecord } from '../fetch/hosts/host-record.ts';
import { openStore } from '../output/store/open-store.ts';
import { backfillShard } from '../output/write/backfill-shard.ts';
import type { PauseSwitch } from '../util/pause-switch.ts';
import { VERSION } from '../util/version.ts';
import { refuseUnadopted } from './dataset/adopt-first.ts';
import { readHostTable, writeHostTable } from './dataset/host-table.ts';
import { lockOutput } from './dataset/lock/lock-output.ts';
import {
  type Manifest,
  reachOf,
  readManifest,
  refuseLostDenyList,
  withReach,
  writeManifest,
} from './dataset/manifest.ts';
import { refreshLoaderFiles } from './dataset/refresh-loader-files.ts';
import { RuleJournal, recoverRuleFiles } from './dataset/rule-journal.ts';
import { makeScratch, removeScratch, scratchFolder } from './dataset/scratch.ts';
import { ThroughputRecorder } from './dataset/throughput.ts';
import { openDenyList, type ReadDenyList } from './deny-list/read-deny-list.ts';
import { RunCounts } from './download/run-counts.ts';
import { Engine } from './engine/engine.ts';
import type { RunListener } from './engine/events.ts';
import { Tally } from './engine/tally.ts';
import { readRemoved } from './remove/removed-list.ts';
import { countFailures } from './retry/count-failures.ts';
import { failedRows } from './retry/failed-rows.ts';
import { whyNoRetry } from './retry/why-no-retry.ts';
import { datasetShape } from './stages/stage-settings.ts';

export interface RetryRequest {
  /** Options that decide the dataset's content are replaced by those of the dataset. */
  readonly options: Options;
  readonly output: string;
  /** Failures whose rows are fetched again. */
  readonly codes: ReadonlySet<FailureCode>;
  readonly emit: RunListener;
  readonly signal: AbortSignal;
  /** Lets the user pause the run. */
  readonly pauses?: PauseSwitch;
  /** Called with the counts of this retry, which go on changing, before its first row. */
  readonly onCounts?: (counts: RunCounts) => void;
}

/** The result of a retry; times in seconds. */
export interface RetrySummary {
  readonly output: string;
  readonly codes: ReadonlySet<FailureCode>;
  /** Rows that had one of the failures. */
  readonly wanted: number;
  /** Outcomes of those that were settled. */
  readonly tally: Tally;
  /** Outcomes of the whole dataset, before and now. */
  readonly before: Tally;
  readonly now: Tally;
  /** The moment (milliseconds since 1970) from which hosts that refused everything may be asked again; null if none did. */
  readonly throttledUntil: number | null;
  readonly shards: { readonly rewritten: number; readonly unchanged: number };
  /** Settled rows of shards that an interrupt left unwritten; the next retry fetches them again. */
  readonly unwrittenRows: number;
  readonly seconds: number;
  readonly interrupted: boolean;
}

/**
 * Fetches failed rows again and writes the results into their shards, as if they had succeeded at once. Throws a
 * UserError for what a user can correct.
 */
export async function retry(request: RetryRequest): Promise<RetrySummary> {
  const { output } = request;
  const startedAt = performance.now();
  await readFinishedManifest(output);
  const unlock = await lockOutput(output);
  try {
    const store = openStore(output);
    await store.recover();
    const figures = await retryInto(request, await readFinishedManifest(output));
    await store.recover();
    return { output, codes: request.codes, ...figures, seconds: (performance.now() - startedAt) / 1000 };
  } finally {
    await unlock();
  }
}

async function retryInto(
  { options, output, codes, emit, signal, pauses, onCounts }: RetryRequest,
  manifest: Manifest,
): Promise<Omit<RetrySummary, 'output' | 'codes' | 'seconds'>> {
  const { dataset: before, wanted, runs } = await countFailures(output, manifest, options, codes);
  const inputs = runs.reduce((sum, { shards }) => sum + shards.length, 0);
  emit({ type: 'started', rows: wanted, inputs, shardsDone: 0, rowsDone: 0 });
  for (const run of manifest.runs) refuseLostDenyList(run, options, `retry in '${output}'`);
  const lists = await openDenyList(options, (message) => emit({ type: 'notice', message }));
  const denyList = lists.finish(await readRemoved(openStore(output)));
  const { insecureTls, proxy, requestHeader } = options;
  if ((insecureTls || proxy !== null || requestHeader.length > 0 || denyList !== null) && wanted > 0)
    await recordReach(output, manifest, options, denyList);

  const counts = new RunCounts(new Tally());
  onCounts?.(counts);
  const throughput = await ThroughputRecorder.open(output, 'retry');
  const done = { rewritten: 0, unchanged: 0, rows: 0 };
  const listen: RunListener = (event) => {
    counts.take(event);
    throughput.take(event);
    emit(event);
  };
  const scratch = scratchFolder(output, options.scratch, null);
  await recoverRuleFiles(output, scratch);
  const journal = new RuleJournal(scratch);
  let hosts: readonly HostRecord[] = (await readHostTable(output)).map(reopened);
  let interrupted = false;
  for (const run of runs) {
    const engine = Engine.start({
      options: run.options,
      io: {
        readBatches: (stop) => failedRows({ ...run, output, codes, signal: stop }),
        writeShard: async ({ id, rows, spool }, onStaged) => {
          const stats = await backfillShard({
            id,
            spool,
            shape: datasetShape(run.options, { columns: [], caption: false }),
            store: openStore(output, join(scratch, 'staging')),
            onStaged,
            endedAt: Date.now(),
            version: VERSION,
          });
          done[stats === null ? 'unchanged' : 'rewritten'] += 1;
          done.rows += rows;
          return stats;
        },
      },
      scratch: await makeScratch(scratch),
      run: null,
      denyList: denyList?.table ?? null,
      hosts,
      onRuleFile: journal.take,
      signal,
      pauses,
      emit: listen,
    });
    const ended = engine
      .run()
      .finally(() => Promise.all([removeScratch(scratch), throughput.flush(), journal.flush()]));
    interrupted = (await ended) === null;
    hosts = engine.hostRecords();
    if (interrupted) break;
  }
  if (runs.length > 0) await writeHostTable(output, hosts);
  await journal.remove();
  await refreshLoaderFiles(output, (message) => emit({ type: 'notice', message }));
  const { dataset: now } = await countFailures(output, manifest, options, codes);
  return {
    wanted,
    tally: counts.tally,
    before,
    now,
    throttledUntil: counts.throttledUntil,
    shards: { rewritten: done.rewritten, unchanged: done.unchanged },
    unwrittenRows: counts.tally.rows - done.rows,
    interrupted,
  };
}

/** A retry includes hosts that were given up. Rate limits and pauses that are not over stay. */
const reopened = (host: HostRecord): HostRecord => ({ ...host, closed: null });

/** The manifest of a dataset whose rows can be retried; throws a UserError if they cannot. */
async function readFinishedManifest(output: string): Promise<Manifest> {
  const manifest = await readManifest(output);
  if (manifest === null) await refuseUnadopted(output, 'retry in');
  const reason = whyNoRetry(manifest);
  if (manifest === null || reason !== null) throw usageError(`Cannot retry in '${output}': ${reason}`);
  return manifest;
}

/** The manifest names everything that any part of the dataset may have come through. */
async function recordReach(
  output: string,
  manifest: Manifest,
  options: Options,
  denyList: ReadDenyList | null,
): Promise<void> {
  const runs = manifest.runs.map((run) => withReach(run, reachOf(options, denyList?.files)));
  await writeManifest(output, { ...manifest, runs });
}
