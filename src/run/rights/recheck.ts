import { type Options, withDatasetSettings } from '../../config/resolve.ts';
import { usageError } from '../../core/errors.ts';
import type { FailureCode } from '../../core/failures.ts';
import type { RightsPolicy } from '../../core/rights/policies.ts';
import type { ShardId } from '../../core/samples.ts';
import type { HostRecord } from '../../fetch/hosts/host-record.ts';
import { readStats } from '../../output/metadata/stats.ts';
import { openStore } from '../../output/store/open-store.ts';
import { shardFileName } from '../../shards/files.ts';
import { shardName } from '../../shards/names.ts';
import type { PauseSwitch } from '../../util/pause-switch.ts';
import { urlHost } from '../../util/text/url-host.ts';
import { type Finding, FindingLog } from '../dataset/evidence.ts';
import { readHostTable, writeHostTable } from '../dataset/host-table.ts';
import { lockOutput } from '../dataset/lock/lock-output.ts';
import type { Manifest } from '../dataset/manifest.ts';
import { refreshLoaderFiles } from '../dataset/refresh-loader-files.ts';
import { RuleJournal, recoverRuleFiles } from '../dataset/rule-journal.ts';
import { makeScratch, removeScratch, scratchFolder } from '../dataset/scratch.ts';
import { Engine } from '../engine/engine.ts';
import type { RunListener } from '../engine/events.ts';
import type { RowBatch } from '../index/assign-shards.ts';
import { finishedDataset } from '../remove/finished-dataset.ts';
import { closeRemoved } from '../remove/removed-list.ts';
import { storedSampleRows } from '../remove/stored-samples.ts';
import { removeLeftParts, takeOut } from '../remove/take-out.ts';
import { finishedShards } from '../retry/count-failures.ts';
import { refreshAttribution } from './attribution-files.ts';
import { type DeniedSample, shardAnswers } from './denied-samples.ts';
import { Counts, type RightsCount } from './rights-counter.ts';

export interface RecheckRequest {
  /** Options that decide the dataset's content are replaced by those of the dataset, but for those of rights. */
  readonly options: Options;
  readonly output: string;
  /** Whether samples whose owners say no are taken out. */
  readonly removes: boolean;
  readonly emit: RunListener;
  readonly signal: AbortSignal;
  /** Lets the user pause the run. */
  readonly pauses?: PauseSwitch;
}

/** What owners say now about the samples of a dataset. */
export interface Recheck {
  readonly output: string;
  readonly policy: RightsPolicy;
  /** Samples of the dataset before the call. */
  readonly samples: number;
  /** Samples that nobody refuses, and those whose owners say no. */
  readonly granted: number;
  readonly denied: number;
  /** Samples whose owners gave no answer, by the reason. They stay. */
  readonly unknown: ReadonlyMap<FailureCode, number>;
  /** Denied samples by mechanism and by host: the commonest first. */
  readonly mechanisms: readonly RightsCount[];
  readonly hosts: readonly RightsCount[];
  /** The first of the denied samples; all of them are in the evidence. */
  readonly examples: readonly DeniedSample[];
  /** Samples that were taken out. */
  readonly removed: number;
  readonly shardsRewritten: number;
  readonly seconds: number;
  /** Whether some samples were not asked for; the same call asks for them. */
  readonly interrupted: boolean;
}

const MAX_EXAMPLES = 1_000;

/** A finished shard with samples, and the options of the run that wrote it. */
interface SampleShards {
  readonly options: Options;
  readonly shards: readonly ShardId[];
}

/**
 * Asks the owners of a finished dataset's samples again whether these may be used: the rules of their origins and the
 * headers of their URLs, by the means of a download. Takes out those that are refused now, if that is asked for, each shard
 * as a whole. Who does not answer has not refused. Throws a UserError for what a user can correct.
 */
export async function recheck(request: RecheckRequest): Promise<Recheck> {
  const { output, options } = request;
  const startedAt = performance.now();
  if (options.rights === 'off' || options.rights === 'record') {
    const found = `got --rights ${options.rights}, which refuses nothing`;
    throw usageError(`Cannot recheck '${output}': expected --rights standard or strict, ${found}`);
  }
  await finishedDataset(output, 'recheck');
  const unlock = await lockOutput(output);
  try {
    const store = openStore(output);
    await store.recover();
    const figures = await recheckIn(request, await finishedDataset(output, 'recheck'));
    await store.recover();
    return { output, policy: options.rights, ...figures, seconds: (performance.now() - startedAt) / 1000 };
  } finally {
    await unlock();
  }
}

async function recheckIn(
  { options, output, removes, emit, signal, pauses }: RecheckRequest,
  manifest: Manifest,
): Promise<Omit<Recheck, 'output' | 'policy' | 'seconds'>> {
  const { runs, samples } = await findSamples(output, manifest, { options, removes });
  const inputs = runs.reduce((sum, { shards }) => sum + shards.length, 0);
  emit({ type: 'started', rows: samples, inputs, shardsDone: 0, rowsDone: 0 });
  const findings = new Findings();
  const log = await FindingLog.open(output);
  const scratch = scratchFolder(output, options.scratch, null);
  await recoverRuleFiles(output, scratch);
  const journal = new RuleJournal(scratch);
  let hosts = (await readHostTable(output)).map(forgotten);
  let interrupted = false;
  let shardsRewritten = 0;
  for (const run of runs) {
    const folder = await makeScratch(scratch);
    const engine = Engine.start({
      asks: 'rights',
      options: askingOptions(run.options, options),
      io: {
        readBatches: (stop) => sampleBatches(output, run, stop),
        writeShard: async (shard) => {
          const answers = await shardAnswers(output, run.options, shard, options.rights);
          const { id } = shard;
          const { denied } = answers;
          await log.add(denied.map((sample) => findingOf(sample, options.rights, removes)));
          findings.granted += answers.granted;
          for (const [code, count] of answers.unknown) findings.addUnknown(code, count);
          for (const sample of denied) findings.add(sample);
          if (denied.length === 0 || !removes) return null;
          const removal = { output, options: run.options, id, samples: denied, source: 'recheck' };
          const stats = await takeOut({ ...removal, policy: options.rights, scratch: folder });
          findings.removed += denied.length;
          shardsRewritten += 1;
          return stats;
        },
      },
      scratch: folder,
      ...{ run: null, denyList: null, hosts, signal, pauses, emit, onRuleFile: journal.take },
    });
    interrupted =
      (await engine.run().finally(() => Promise.all([removeScratch(scratch), journal.flush()]))) === null;
    hosts = [...engine.hostRecords()];
    if (interrupted) break;
  }
  if (runs.length > 0) await writeHostTable(output, hosts);
  await journal.remove();
  await log.close();
  if (removes) {
    const onNotice = (message: string): void => emit({ type: 'notice', message });
    await closeRemoved(openStore(output));
    // It reads the whole dataset.
    if (!interrupted) await refreshAttribution(output, options, onNotice);
    await refreshLoaderFiles(output, onNotice);
  }
  return { samples, ...findings.figures(), shardsRewritten, interrupted };
}

/** What hosts have said before does not count, nor that they were given up. Rate limits and pauses that are not over stay. */
const forgotten = ({ files: _, ...host }: HostRecord): HostRecord => ({ ...host, closed: null });

/** The options of a run that asks: how rights are judged is not a matter of the dataset. One event loop is enough. */
function askingOptions(run: Options, { rights, rightsTokens, rightsFiles }: Options): Options {
  return { ...run, rights, rightsTokens, rightsFiles, lanes: 1, decoders: 1, fromTar: false };
}

async function findSamples(
  output: string,
  { runs }: Manifest,
  { options: given, removes }: Pick<RecheckRequest, 'options' | 'removes'>,
): Promise<{ readonly runs: readonly SampleShards[]; readonly samples: number }> {
  const store = openStore(output);
  const found: SampleShards[] = [];
  let samples = 0;
  for (const [position, run] of runs.entries()) {
    const options = withDatasetSettings(given, run.options);
    const shards: ShardId[] = [];
    for (const id of await finishedShards(output, run, runs[position + 1], options)) {
      const name = shardName(id, { shardDigits: options.oomShardCount });
      const { successes } = await readStats(store, shardFileName(name, 'stats'));
      if (successes > 0) shards.push(id);
      samples += successes;
      if (removes) await removeLeftParts(output, options, id);
    }
    if (shards.length > 0) found.push({ options, shards });
  }
  return { runs: found, samples };
}

/** The rows with samples, as they were in the index. */
async function* sampleBatches(
  output: string,
  { options, shards }: SampleShards,
  signal: AbortSignal,
): AsyncGenerator<RowBatch, readonly []> {
  for (const id of shards) {
    const fileName = shardFileName(shardName(id, { shardDigits: options.oomShardCount }), 'parquet');
    for await (const rows of storedSampleRows(output, options, id)) {
      if (signal.aborted) return [];
      yield { fileName, id, rows, endsShard: false };
    }
    yield { fileName, id, rows: [], endsShard: true };
  }
  return [];
}

const findingOf = (
  { shard, key, row, fetch, by, signals }: DeniedSample,
  policy: RightsPolicy,
  removed: boolean,
): Finding => ({
  recheck: new Date(fetch.fetchedAt ?? Date.now()).toISOString(),
  ...{ shard, key, url: row.url, policy, reason: `${by.mechanism}:${by.raw}`, signals, removed },
});

/** What was answered so far. */
class Findings {
  granted = 0;
  removed = 0;
  #denied = 0;
  readonly #unknown = new Map<FailureCode, number>();
  readonly #mechanisms = new Counts();
  readonly #hosts = new Counts();
  readonly #examples: DeniedSample[] = [];

  add(sample: DeniedSample): void {
    const url = sample.row.url ?? '';
    this.#denied += 1;
    this.#mechanisms.add(sample.by.mechanism, url);
    this.#hosts.add(urlHost(url) ?? '(no host)', url);
    if (this.#examples.length < MAX_EXAMPLES) this.#examples.push(sample);
  }

  addUnknown(code: FailureCode, count: number): void {
    this.#unknown.set(code, (this.#unknown.get(code) ?? 0) + count);
  }

  figures() {
    return {
      ...{ granted: this.granted, denied: this.#denied, removed: this.removed, unknown: this.#unknown },
      mechanisms: this.#mechanisms.commonest(),
      hosts: this.#hosts.commonest(),
      examples: this.#examples,
    };
  }
}
