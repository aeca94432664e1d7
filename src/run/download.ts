import { datasetSettings } from '../config/resolve.ts';
import { oneLine } from '../core/errors.ts';
import type { FailureCode } from '../core/failures.ts';
import type { ShardId } from '../core/samples.ts';
import type { PauseSwitch } from '../util/pause-switch.ts';
import { endRun, extentIfFinished } from './dataset/end-run.ts';
import { readHostTable, writeHostTable } from './dataset/host-table.ts';
import type { PreparedOutput } from './dataset/prepare-output.ts';
import { RuleJournal } from './dataset/rule-journal.ts';
import { ThroughputRecorder } from './dataset/throughput.ts';
import { countBeside, countSelectedRows, tallyFinishedShards } from './download/count-rows.ts';
import { downloadIo } from './download/download-io.ts';
import { type HeldRun, holdRun, type RunRequest } from './download/hold-run.ts';
import { RunCounts } from './download/run-counts.ts';
import { Engine } from './engine/engine.ts';
import type { HostFailures } from './engine/failure-notes.ts';
import type { HostCounts } from './engine/host-tally.ts';
import { limitsOfPart } from './engine/limits-of-part.ts';
import type { Tally } from './engine/tally.ts';
import { collectCaptions } from './index/collect-captions.ts';
import { shardsOfPart } from './index/shards-of-part.ts';
import { joinQueue } from './queue/join-queue.ts';
import { Writer } from './threads/writer.ts';

const WORST_HOSTS = 5;

export interface DownloadRequest extends RunRequest {
  /** Lets the user pause the run. */
  readonly pauses?: PauseSwitch;
  /** Whether to count rows beside the run, by a second look at the index, where it does not tell their number. */
  readonly countsRows?: boolean;
  /** Called with the counts of the run, which go on changing, before its first row. */
  readonly onCounts?: (counts: RunCounts) => void;
  /** Called when a shard has its final names; the next shard is written when the promise resolves. */
  readonly onShardWritten?: (id: ShardId) => Promise<void>;
}

/** The result of a download; times in seconds. */
export interface RunSummary {
  readonly output: string;
  /** Outcomes of the rows that this start of the run settled. */
  readonly tally: Tally;
  /** Outcomes of rows that earlier starts of the run had settled. */
  readonly before: Tally;
  /** Rows of `before` whose shards were unfinished; they were taken over from the spools. */
  readonly takenOver: number;
  readonly shards: { readonly written: number; readonly before: number };
  /** Hosts whose treatment changed during this start. */
  readonly hosts: HostCounts;
  /** The moment (milliseconds since 1970) from which hosts that refused everything may be asked again; null if none did. */
  readonly throttledUntil: number | null;
  /** Rows left out because earlier ones have their URLs. */
  readonly droppedDuplicates: number;
  /** Settled rows of shards that an interrupt left unfinished; the next start takes them over. */
  readonly unwrittenRows: number;
  readonly seconds: number;
  readonly interrupted: boolean;
  /** Shards that no machine finishes, because those that tried have ended (`--queue`). */
  readonly setAside: readonly ShardId[];
  /** A URL for each failure of this start. */
  readonly examples: ReadonlyMap<FailureCode, string>;
  /** The hosts with most failed rows in this start, first the one with most. */
  readonly worstHosts: readonly HostFailures[];
  /** Whether the dataset has the rows that failed, so that `retry` finds them. */
  readonly canRetry: boolean;
  /** Names of the index files. */
  readonly index: readonly string[];
  /** Options that shape the dataset, by the names of their flags. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Downloads the images of an index and writes them as a dataset. Throws a UserError for what a user can correct. */
export async function download(request: DownloadRequest): Promise<RunSummary> {
  const { output, emit } = request;
  const startedAt = performance.now();
  const options = limitsOfPart(request.options, (message) => emit({ type: 'notice', message }));
  const figures = await holdRun({ ...request, options }, (run) => downloadInto({ ...request, options }, run));
  return { output, ...figures, seconds: (performance.now() - startedAt) / 1000 };
}

async function downloadInto(
  { options, output, emit, signal, pauses, countsRows = false, onCounts, onShardWritten }: DownloadRequest,
  { sources, index, broker, held, denyList }: HeldRun,
): Promise<Omit<RunSummary, 'output' | 'seconds'>> {
  const { firstShard, scratch, sharer } = held.prepared;
  const own = await shardsOfPart(index, options, firstShard, signal);
  const done = [...held.prepared.done].filter((id) => own?.owns(id) !== false);
  const prepared: PreparedOutput = { ...held.prepared, done: new Set(done) };

  const counts = new RunCounts(await tallyFinishedShards(prepared, options));
  onCounts?.(counts);
  const queue =
    broker && (await joinQueue({ broker, held, options, index, tally: counts.tally, emit, signal }));
  const { size: shardsDone } = prepared.done;
  const rows = sharer === null ? countSelectedRows(index, options) : null;
  emit({
    type: 'started',
    rows,
    inputs: sources.length,
    shardsDone,
    rowsDone: counts.before.rows,
  });

  let droppedDuplicates = 0;
  const onDropped = (rows: number): void => {
    droppedDuplicates += rows;
  };
  const isRead = new AbortController();
  if (rows === null && countsRows && sharer === null)
    void countBeside({ index, options, emit, signal: isRead.signal });
  const onNotice = (message: string): void => emit({ type: 'notice', message });
  const captions = await collectCaptions({ options, index, firstShard, signal, onNotice, folder: scratch });
  const throughput = await ThroughputRecorder.open(output, 'download', sharer);
  const known = await readHostTable(output);
  const journal = new RuleJournal(prepared.scratch);
  const writer = new Writer();
  const onRead = (): void => isRead.abort();
  const io = {
    options,
    index,
    prepared,
    own,
    queue,
    writer,
    captions,
    emit,
    onDropped,
    onRead,
    onShardWritten,
  };
  const engine = Engine.start({
    options,
    io: downloadIo(io),
    scratch: prepared.scratch,
    run: prepared.fingerprint,
    denyList: denyList?.table ?? null,
    hosts: known,
    onRuleFile: journal.take,
    signal: queue === null ? signal : AbortSignal.any([signal, queue.lost]),
    pauses,
    emit: (event) => {
      counts.take(event);
      throughput.take(event);
      queue?.take(event);
      if (event.type === 'sample') writer.start();
      emit(event);
    },
  });
  queue?.attach(engine.sharedHosts);
  const extent = await engine
    .run()
    .catch(async (error: unknown) => {
      const finished = sharer === null ? null : await extentIfFinished(prepared, options).catch(() => null);
      if (finished === null) throw error;
      onNotice(`other machines have finished the dataset; this one ends after: ${oneLine(error)}`);
      return finished;
    })
    .finally(async () => {
      isRead.abort();
      captions?.close();
      await Promise.all([writer.close(), throughput.flush(), journal.flush(), queue?.leave()]);
    });
  await held.alone(async () => {
    await writeHostTable(output, engine.hostRecords(), sharer !== null);
    await journal.remove();
    const isWhole = await endRun({ prepared, options, extent, emit });
    await queue?.end({ isWhole, isInterrupted: extent === null });
  });
  const { tally, before, takenOver, shardsWritten, hosts, throttledUntil, unwrittenRows } = counts;
  return {
    tally,
    before,
    takenOver,
    shards: { written: shardsWritten, before: shardsDone },
    hosts,
    throttledUntil,
    droppedDuplicates,
    unwrittenRows,
    interrupted: extent === null,
    setAside: queue?.setAside ?? [],
    examples: counts.notes.examples,
    worstHosts: counts.notes.worstHosts(WORST_HOSTS),
    canRetry: options.outputFormat !== 'none',
    index: sources.map(({ name }) => name),
    options: datasetSettings(options),
  };
}
