import { setTimeout } from 'node:timers/promises';
import type { SampleRow, ShardId } from '../../core/samples.ts';
import { valueBytes } from '../../core/value-bytes.ts';
import type { DenyTable } from '../../fetch/deny-list/deny-table.ts';
import type { HostRecord } from '../../fetch/hosts/host-record.ts';
import { shardName } from '../../shards/names.ts';
import { steadyNow } from '../../util/clock.ts';
import { machineLimits } from '../../util/machine/machine-limits.ts';
import type { PauseSwitch } from '../../util/pause-switch.ts';
import type { IndexExtent, RowBatch } from '../index/assign-shards.ts';
import type { Stages, StagesPlan } from '../stages/stages.ts';
import { Backlog } from './backlog.ts';
import type { RunListener } from './events.ts';
import { fitToMachine } from './fit-to-machine.ts';
import { OpenShard } from './open-shard.ts';
import { reachNotices } from './reach-notices.ts';
import { ShardPatience } from './shard-patience.ts';
import { ShardQueue, type WriteShard } from './shard-queue.ts';
import { startStages } from './start-stages.ts';

/** How often listeners are told how many rows wait, and what holds the run back. */
const REPORT_EVERY_MS = 1_000;
/** Maximum time for which an interrupted run waits for rows in flight. */
const DRAIN_MS = 10_000;

/** Where rows come from and where shards go. */
export interface EngineIo {
  /** The rows to settle. The last batch of each shard ends it. Returns the extent of the index. */
  readonly readBatches: (signal: AbortSignal) => AsyncGenerator<RowBatch, IndexExtent>;
  readonly writeShard: WriteShard;
}

export interface EnginePlan extends Pick<StagesPlan, 'options' | 'asks' | 'onRuleFile'> {
  readonly io: EngineIo;
  /** Folder for unfinished shards. */
  readonly scratch: string;
  /** Identifies the run's settled rows in the scratch folder, so that its next start resumes them; null for no resume. */
  readonly run: string | null;
  /** What must not be fetched; null for nothing. */
  readonly denyList: DenyTable | null;
  /** What earlier runs have learnt about hosts. */
  readonly hosts: readonly HostRecord[];
  readonly emit: RunListener;
  /** Lets the user pause the run. */
  readonly pauses?: PauseSwitch | undefined;
  /** Aborted when the user interrupts. */
  readonly signal: AbortSignal;
}

/**
 * Reads rows from the index, hands each to the stages, and writes a shard when all of its rows have their outcomes.
 * Rows of later shards start while the last rows of earlier shards are still in flight.
 */
export class Engine {
  readonly #plan: EnginePlan;
  readonly #stages: Stages;
  readonly #backlog: Backlog;
  readonly #shards: ShardQueue;
  readonly #open = new Map<ShardId, OpenShard>();
  readonly #patience: ShardPatience;
  readonly #decoders: number;
  /** Ends the reading of the index after an interrupt or a failure. */
  readonly #stop = new AbortController();
  #hosts: readonly HostRecord[];
  #failure: { readonly error: unknown } | undefined;
  #isOver = false;
  #allSettled: (() => void) | undefined;

  private constructor(plan: EnginePlan, stages: Stages, decoders: number) {
    this.#plan = plan;
    this.#decoders = decoders;
    this.#hosts = plan.hosts;
    this.#stages = stages;
    this.#patience = new ShardPatience(plan.options.patienceMs, steadyNow() - this.#pausedMs);
    this.#backlog = new Backlog(() => stages.waiting);
    this.#shards = new ShardQueue({
      write: plan.io.writeShard,
      backlog: this.#backlog,
      hasFailed: () => this.#failure !== undefined,
      onWritten: ({ id }, { count, successes }) => {
        const name = shardName(id, { shardDigits: plan.options.oomShardCount });
        plan.emit({ type: 'shard', name, count, successes });
      },
      onError: (error) => this.#fail(error),
    });
  }

  /** Starts the decoder processes and, with several lanes, their threads. `run` ends them. */
  static start(plan: EnginePlan): Engine {
    const { asks, denyList, hosts, onRuleFile, emit, signal } = plan;
    const options = fitToMachine(plan.options, machineLimits(), (message) =>
      emit({ type: 'notice', message }),
    );
    // Threads and processes report in a later turn of the event loop, when `engine` is assigned.
    const engine: Engine = new Engine(
      plan,
      startStages({
        ...{ options, asks, denyList, hosts, onRuleFile },
        onError: (error) => engine.#fail(error),
        onDecoder: (event) => emit({ type: 'decoder', event }),
        onHost: (event) => emit({ type: 'host', event }),
        onLoad: () => engine.#backlog.update(),
      }),
      options.decoders,
    );
    signal.addEventListener('abort', () => engine.#halt(), { once: true });
    if (signal.aborted) engine.#halt();
    return engine;
  }

  get sharedHosts(): Pick<Stages, 'demand' | 'share' | 'paced' | 'hear'> {
    return this.#stages;
  }

  /** What the next run should know about hosts. Final when `run` has settled. */
  hostRecords(): readonly HostRecord[] {
    return this.#hosts;
  }

  /** Resolves with the extent of the index when all of it is done, or with null if the run was interrupted. */
  async run(): Promise<IndexExtent | null> {
    const { emit, options } = this.#plan;
    for (const message of reachNotices(options)) emit({ type: 'notice', message });
    const unsubscribe = this.#plan.pauses?.subscribe((isPaused) => this.#stages.pause(isPaused));
    const reporter = setInterval(() => this.#report(), REPORT_EVERY_MS);
    try {
      const extent = await this.#readIndex().catch((error: unknown) => this.#fail(error));
      await this.#settleAll();
      await this.#shards.finish(this.#stop.signal, DRAIN_MS);
      if (this.#failure !== undefined) throw this.#failure.error;
      return this.#stop.signal.aborted ? null : extent;
    } finally {
      this.#isOver = true;
      clearInterval(reporter);
      unsubscribe?.();
      this.#hosts = await this.#stages.close();
      await this.#shards.closeSpools();
      await Promise.allSettled([...this.#open.values()].map((shard) => shard.spool.close()));
    }
  }

  /** Hands every row of the index to the stages; null if the reading was stopped. */
  async #readIndex(): Promise<IndexExtent | null> {
    const { signal } = this.#stop;
    const batches = this.#plan.io.readBatches(signal);
    for (;;) {
      const next = await batches.next();
      if (signal.aborted) return null;
      if (next.done) return next.value;
      await this.#takeBatch(next.value);
    }
  }

  async #takeBatch({ fileName, id, rows, endsShard }: RowBatch): Promise<void> {
    const shard = this.#open.get(id) ?? (await this.#openShard(id));
    for (const { index, row } of rows) {
      if (this.#backlog.isHigh) await this.#backlog.room();
      const isTakenOver = shard.spool.has(index) && (await this.#takeOver(shard, index, row));
      if (this.#stop.signal.aborted) return;
      if (isTakenOver) continue;
      if (row.unreadable !== undefined)
        this.#plan.emit({ type: 'bad-row', file: fileName, reason: row.unreadable });
      this.#take(shard, index, row);
    }
    if (!endsShard) return;
    shard.isFullyRead = true;
    this.#finishIfSettled(shard);
  }

  async #openShard(id: ShardId): Promise<OpenShard> {
    const { scratch, run, options } = this.#plan;
    const shard = await OpenShard.open(id, { scratch, run, samplesPerShard: options.numberSamplePerShard });
    this.#open.set(id, shard);
    this.#backlog.openShards += 1;
    return shard;
  }

  /** Takes the row's outcome over from an earlier start of the run; false if that start did not settle it. */
  async #takeOver(shard: OpenShard, index: number, row: SampleRow): Promise<boolean> {
    const result = await shard.takeOver(index, row);
    if (result === null) return false;
    this.#plan.emit({ type: 'taken-over', outcome: result.ok ? 'success' : result.code });
    return true;
  }

  #take(shard: OpenShard, index: number, row: SampleRow): void {
    shard.rows += 1;
    this.#backlog.add(rowBytes(row));
    this.#settle(shard, index, row).catch((error: unknown) => this.#fail(error));
  }

  async #settle(shard: OpenShard, index: number, row: SampleRow): Promise<void> {
    let isKept = false;
    const result = await this.#stages.settle(row, shard.id, async (outcome) => {
      // After the end, a failure comes from connections closed here; after an error, it may come from this machine.
      if (this.#isOver || this.#failure !== undefined) return;
      await shard.settle(index, row, outcome);
      isKept = true;
    });
    if (!isKept) return;
    const bytes = result.fetch.bytes ?? 0;
    const outcome = result.ok ? 'success' : result.code;
    this.#plan.emit({ type: 'sample', outcome, bytes, url: row.url });
    this.#finishIfSettled(shard);
    this.#backlog.remove(rowBytes(row));
    if (this.#backlog.rows === 0) this.#allSettled?.();
  }

  #finishIfSettled(shard: OpenShard): void {
    if (!shard.isSettled || !this.#open.delete(shard.id)) return;
    this.#patience.forget(shard.id);
    this.#backlog.openShards -= 1;
    this.#shards.add(shard);
  }

  get #pausedMs(): number {
    return this.#plan.pauses?.pausedMs ?? 0;
  }

  #report(): void {
    const { delayed, waiting, inFlight, decodersBusy, pressure, outlook } = this.#stages;
    const refused = new Map<number, number>();
    for (const [shard, rows] of outlook.refused) refused.set(shard, (refused.get(shard) ?? 0) + rows);
    // A pause costs no patience.
    const now = steadyNow() - this.#pausedMs;
    const refusedMs = this.#giveUp(refused, now);
    this.#plan.emit({
      type: 'waiting',
      delayed,
      queued: waiting,
      inFlight,
      unsettled: this.#backlog.rows,
      decodersBusy,
      decoders: this.#decoders,
      slow: outlook.slow + [...refused.values()].reduce((sum, rows) => sum + rows, 0),
      slowMs: Math.max(outlook.slowMs, refusedMs),
      pressure: [...this.#backlog.signals, ...pressure],
    });
  }

  /** Ends the patience with hosts that refuse everything. Returns the milliseconds for which the run waits for them yet. */
  #giveUp(refused: ReadonlyMap<number, number>, now: number): number {
    if (this.#plan.pauses?.isPaused) return 0;
    const shards = [...this.#open.values()].filter((shard) => shard.isFullyRead || this.#backlog.isFull);
    const held = this.#patience.review(shards, refused, now);
    for (const { id, until } of held) this.#stages.giveUp(id, until + this.#pausedMs, this.#patience.ms(now));
    if (refused.size > held.length) return this.#patience.ms(now);
    return Math.max(0, ...held.map(({ until }) => until - now));
  }

  #fail(error: unknown): null {
    // An error after a halt is a consequence of it, such as the reader's abort.
    if (!this.#stop.signal.aborted) this.#failure = { error };
    this.#halt();
    return null;
  }

  #halt(): void {
    this.#stop.abort();
    this.#stages.stop();
    this.#backlog.release();
    this.#allSettled?.();
  }

  /** Waits for all outcomes; after a halt, only for the rows in flight. */
  async #settleAll(): Promise<void> {
    if (this.#backlog.rows > 0 && !this.#stop.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#allSettled = resolve;
      });
    }
    if (this.#stop.signal.aborted) await this.#drain();
  }

  /** Waits, up to a limit, for the rows that were in flight at the halt: they may complete a shard. */
  async #drain(): Promise<void> {
    const until = steadyNow() + DRAIN_MS;
    while (this.#failure === undefined && steadyNow() < until && this.#stages.inFlight > 0) {
      await setTimeout(20);
    }
  }
}

const rowBytes = ({ url, caption, captions = [], values }: SampleRow): number =>
  valueBytes(url) + valueBytes(caption) + valueBytes(captions) + valueBytes(values);
