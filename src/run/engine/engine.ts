import type { Options } from '../../config/resolve.ts';
import type { SampleRow, ShardId } from '../../core/samples.ts';
import { valueBytes } from '../../core/value-bytes.ts';
import type { HostRecord } from '../../fetch/hosts/host.ts';
import { READ_AHEAD_ROWS } from '../../fetch/schedule/frontier.ts';
import type { ShardStats } from '../../output/metadata/stats.ts';
import { shardName } from '../../shards/names.ts';
import { steadyNow } from '../../util/clock.ts';
import type { IndexExtent, RowBatch } from '../index/assign-shards.ts';
import type { Stages } from '../stages/stages.ts';
import type { RunListener } from './events.ts';
import { OpenShard } from './open-shard.ts';
import { startStages } from './start-stages.ts';
import { Window } from './window.ts';

/** Rows between index and outcome at most, those included that wait for another pass. */
const MAX_UNSETTLED_ROWS = 32_768;
/** Bytes that the values of these rows may take: a row may have hundreds of KiB. */
const MAX_UNSETTLED_BYTES = 128 * 1024 * 1024;
/** Shards with rows under way, each of which keeps a file open; a retry may have a row or two in each of thousands. */
const MAX_OPEN_SHARDS = 256;
/** Settled shards that may wait to be written before reading pauses. */
const MAX_UNWRITTEN_SHARDS = 2;
const TELL_EVERY_MS = 1_000;
/** How long an interrupted run waits for what is in flight. */
const DRAIN_MS = 10_000;

/** Where rows come from and where shards go. */
export interface EngineIo {
  /** The rows to settle; each shard ends with a stretch that makes it whole. Returns the extent of the index. */
  readonly stretches: (signal: AbortSignal) => AsyncGenerator<RowBatch, IndexExtent>;
  /** Writes a shard whose rows are settled; null where there is nothing to write. */
  readonly write: (shard: OpenShard) => Promise<ShardStats | null>;
}

export interface EnginePlan {
  readonly options: Options;
  readonly work: EngineIo;
  /** Folder for what is not finished. */
  readonly scratch: string;
  /** Name of the run under which it leaves settled rows to its next start there, and finds its own; null for neither. */
  readonly run: string | null;
  /** What earlier runs have learnt of hosts. */
  readonly hosts: readonly HostRecord[];
  readonly emit: RunListener;
  /** Aborted when the user interrupts. */
  readonly signal: AbortSignal;
}

/**
 * The engine: pulls rows from the index, sends each on its way, and writes a shard when the last of its rows has its
 * outcome. Rows of later shards start while stragglers of earlier ones are still out.
 */
export class Engine {
  readonly #plan: EnginePlan;
  readonly #stages: Stages;
  readonly #window: Window;
  readonly #open = new Map<ShardId, OpenShard>();
  /** Ends the reading of the index, for an interrupt or a failure. */
  readonly #stop = new AbortController();
  #hosts: readonly HostRecord[];
  #unsettled = 0;
  #unsettledBytes = 0;
  #unwritten = 0;
  #writing: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;
  #isOver = false;
  #allSettled: (() => void) | undefined;

  constructor(plan: EnginePlan) {
    const { options, hosts, emit, signal } = plan;
    this.#plan = plan;
    this.#hosts = hosts;
    this.#stages = startStages({
      options,
      hosts,
      onFault: (fault) => this.#fail(fault),
      onDecoder: (event) => emit({ type: 'decoder', event }),
      onRoom: () => this.#window.check(),
    });
    this.#window = new Window(() => this.#isFull());
    signal.addEventListener('abort', () => this.#halt(), { once: true });
    if (signal.aborted) this.#halt();
  }

  /** What the next run should know of hosts; to be asked when this one has ended. */
  hostRecords(): readonly HostRecord[] {
    return this.#hosts;
  }

  /** The extent of the index when all of it is done; null where the run was interrupted. */
  async run(): Promise<IndexExtent | null> {
    const { emit, options } = this.#plan;
    if (options.proxy !== null) {
      const message = `requests go through the proxy ${new URL(options.proxy).origin}, which looks names up: private addresses can be refused only where a URL spells them`;
      emit({ type: 'notice', message });
    }
    const teller = setInterval(() => emit({ type: 'waiting', delayed: this.#stages.delayed }), TELL_EVERY_MS);
    try {
      const extent = await this.#readIndex().catch((error: unknown) => this.#fail(error));
      await this.#settleAll();
      await this.#writing;
      if (this.#failure !== undefined) throw this.#failure.error;
      return this.#stop.signal.aborted ? null : extent;
    } finally {
      this.#isOver = true;
      clearInterval(teller);
      this.#hosts = await this.#stages.close();
      await Promise.allSettled([...this.#open.values()].map((shard) => shard.spool.close()));
    }
  }

  /** Sends every row of the index on its way; null where the reading was stopped. */
  async #readIndex(): Promise<IndexExtent | null> {
    const { signal } = this.#stop;
    const stretches = this.#plan.work.stretches(signal);
    for (;;) {
      const next = await stretches.next();
      if (signal.aborted) return null;
      if (next.done) return next.value;
      await this.#takeStretch(next.value);
    }
  }

  async #takeStretch({ fileName, id, rows, whole }: RowBatch): Promise<void> {
    const shard = this.#open.get(id) ?? (await this.#openShard(id));
    for (const { index, row } of rows) {
      if (this.#window.isFull) await this.#window.room();
      const isTakenOver = shard.spool.has(index) && (await this.#takeOver(shard, index, row));
      if (this.#stop.signal.aborted) return;
      if (isTakenOver) continue;
      if (row.unreadable !== undefined)
        this.#plan.emit({ type: 'bad-row', file: fileName, reason: row.unreadable });
      this.#take(shard, index, row);
    }
    if (!whole) return;
    shard.whole = true;
    this.#finishIfSettled(shard);
  }

  async #openShard(id: ShardId): Promise<OpenShard> {
    const { scratch, run, options } = this.#plan;
    const shard = await OpenShard.open(id, { scratch, run, samplesPerShard: options.numberSamplePerShard });
    this.#open.set(id, shard);
    return shard;
  }

  /** Whether an earlier start of the run settled the row. */
  async #takeOver(shard: OpenShard, index: number, row: SampleRow): Promise<boolean> {
    const result = await shard.takeOver(index, row);
    if (result === null) return false;
    this.#plan.emit({ type: 'taken-over', outcome: result.ok ? 'success' : result.code });
    return true;
  }

  #take(shard: OpenShard, index: number, row: SampleRow): void {
    shard.rows += 1;
    this.#unsettled += 1;
    this.#unsettledBytes += rowBytes(row);
    this.#settle(shard, index, row).catch((error: unknown) => this.#fail(error));
  }

  async #settle(shard: OpenShard, index: number, row: SampleRow): Promise<void> {
    let isKept = false;
    const result = await this.#stages.settle(row, async (outcome) => {
      // One after the end tells of connections that were closed here, and one after a failure perhaps of this machine.
      if (this.#isOver || this.#failure !== undefined) return;
      await shard.settle(index, row, outcome);
      isKept = true;
    });
    if (!isKept) return;
    const bytes = result.fetch.bytes ?? 0;
    this.#unsettled -= 1;
    this.#unsettledBytes -= rowBytes(row);
    this.#plan.emit({ type: 'sample', outcome: result.ok ? 'success' : result.code, bytes });
    this.#finishIfSettled(shard);
    this.#window.check();
    if (this.#unsettled === 0) this.#allSettled?.();
  }

  #finishIfSettled(shard: OpenShard): void {
    if (!shard.isSettled || !this.#open.delete(shard.id)) return;
    this.#unwritten += 1;
    this.#writing = this.#writing
      .then(() => this.#write(shard))
      .catch((error: unknown) => {
        this.#fail(error);
      });
  }

  async #write(shard: OpenShard): Promise<void> {
    const { options, work, emit } = this.#plan;
    try {
      // A disk that has refused once is left alone; the next start writes the shard from its spool.
      if (this.#failure !== undefined) return;
      const stats = await work.write(shard);
      await shard.spool.remove();
      if (stats === null) return;
      const name = shardName(shard.id, { shardDigits: options.oomShardCount });
      emit({ type: 'shard', name, count: stats.count, successes: stats.successes });
    } finally {
      await shard.spool.close();
      this.#unwritten -= 1;
      this.#window.check();
    }
  }

  #isFull(): boolean {
    return (
      this.#unsettled >= MAX_UNSETTLED_ROWS ||
      this.#unsettledBytes >= MAX_UNSETTLED_BYTES ||
      this.#stages.waiting >= READ_AHEAD_ROWS ||
      this.#open.size > MAX_OPEN_SHARDS ||
      this.#unwritten > MAX_UNWRITTEN_SHARDS
    );
  }

  #fail(error: unknown): null {
    // What is thrown after a halt is the halt's echo, such as the reader's abort.
    if (!this.#stop.signal.aborted) this.#failure = { error };
    this.#halt();
    return null;
  }

  #halt(): void {
    this.#stop.abort();
    this.#stages.stop();
    this.#window.check(true);
    this.#allSettled?.();
  }

  /** Waits for every row's outcome; after a halt only for what is in flight. */
  async #settleAll(): Promise<void> {
    if (this.#unsettled > 0 && !this.#stop.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#allSettled = resolve;
      });
    }
    if (this.#stop.signal.aborted) await this.#drain();
  }

  /** Waits, within limits, for what was in flight when the run was halted: it may complete a shard. */
  async #drain(): Promise<void> {
    const until = steadyNow() + DRAIN_MS;
    while (this.#failure === undefined && steadyNow() < until && this.#stages.inFlight > 0) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

const rowBytes = ({ url, caption, values }: SampleRow): number =>
  valueBytes(url) + valueBytes(caption) + valueBytes(values);
