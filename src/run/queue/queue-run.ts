import type { BrokerRun, JobCounts, TakenJob } from '../../broker/interface/broker.ts';
import type { ShardId } from '../../core/samples.ts';
import { plural } from '../../util/text/units.ts';
import type { RunEvent, RunListener } from '../engine/events.ts';
import type { Tally } from '../engine/tally.ts';
import type { IndexExtent, RowBatch } from '../index/assign-shards.ts';
import type { BrokerSilence } from './broker-silence.ts';
import type { HostExchange, SharedHosts } from './host-exchange.ts';
import type { JobReader } from './job-reader.ts';
import { OwnFigures } from './machine-figures.ts';
import { takeUnlessAborted, unlessAborted, unlessSilent } from './patient-calls.ts';

const TICK_MS = 1_000;
/** A shard that was lost by so many machines is not given to another. */
const MOST_LOST_MACHINES = 5;
/** One that was lost by so many is the only one of its machine, so that others are not blamed for what it does. */
const SUSPECT_LOST_MACHINES = 2;
/** Machines that end at about the same time have this part of their share each when the queue runs low. */
const SHARE = 0.5;

export interface QueueRunOptions {
  readonly broker: BrokerRun;
  readonly silence: BrokerSilence;
  /** Name of this machine among those of the run. */
  readonly name: string;
  readonly fileRows: IndexExtent;
  readonly samplesPerShard: number;
  readonly exchange: HostExchange;
  readonly reader: JobReader;
  /** Outcomes of the rows that this machine has settled. */
  readonly tally: Tally;
  /** Whether a shard is finished, whoever wrote it. */
  readonly isWritten: (shard: ShardId) => Promise<boolean>;
  readonly emit: RunListener;
}

/**
 * The shards of a run that this machine gets from the queue, as one stream of rows for the engine. It holds several shards
 * at a time if one does not keep it busy, and ends when no machine holds any.
 */
export class QueueRun {
  readonly #options: QueueRunOptions;
  readonly #held = new Map<ShardId, TakenJob>();
  readonly #releases = new Set<Promise<void>>();
  readonly #figures: OwnFigures;
  #timer: NodeJS.Timeout | undefined;
  #counts: JobCounts | null = null;
  #machines = 1;
  #isDraining = false;
  #isPaused = false;
  /** Rows that were read and have no outcome. */
  #rows = 0;
  #shardsWritten = 0;
  #rowsTaken = 0;
  #setAside: readonly ShardId[] = [];
  #isTicking = false;
  /** Whether the queue has not answered at the end. */
  #isSilent = false;
  #wakers: (() => void)[] = [];

  constructor(options: QueueRunOptions) {
    this.#options = options;
    this.#figures = new OwnFigures(options.tally);
  }

  /** From now on, this machine reports to the queue, and hosts get the connections that it leases, until `leave`. */
  attach(hosts: SharedHosts): void {
    const { exchange, silence } = this.#options;
    exchange.attach(hosts);
    silence.listen();
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref();
    this.#tick();
  }

  /** Aborted, with a UserError, when the queue has not answered for so long that the machine gives up. */
  get lost(): AbortSignal {
    return this.#options.silence.lost;
  }

  /** To be called with each event of the run. */
  take(event: RunEvent): void {
    if (event.type === 'host') this.#options.exchange.take(event.event);
    if (event.type !== 'sample' && event.type !== 'taken-over') return;
    this.#rows -= 1;
    if (this.#rows === this.#mostRows - 1) this.#wake();
  }

  /** The rows of one shard after the other, until nothing is left. */
  async *readBatches(signal: AbortSignal): AsyncGenerator<RowBatch, IndexExtent> {
    const { reader, fileRows, exchange } = this.#options;
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    try {
      // What others know of hosts must be known before the first row.
      await unlessAborted(Promise.allSettled([this.#look(), exchange.passNews()]), signal);
      while (!signal.aborted && !this.#isDraining) {
        if (this.#held.size > 0 && this.#rows >= this.#mostRows) {
          await this.#change(signal);
          continue;
        }
        const job = await this.#next(signal);
        if (job !== null) {
          this.#held.set(job.shard, job);
          const isSuspect = job.lostMachines >= SUSPECT_LOST_MACHINES;
          if (isSuspect) await this.#until(() => this.#held.size === 1, signal);
          for await (const batch of reader.read(job, signal)) {
            this.#rows += batch.rows.length;
            this.#rowsTaken += batch.rows.length;
            yield batch;
          }
          if (isSuspect) await this.#until(() => !this.#held.has(job.shard), signal);
        } else if (this.#isOver) break;
        else await this.#change(signal);
      }
      return fileRows;
    } finally {
      await reader.close();
    }
  }

  written(shard: ShardId): void {
    const job = this.#held.get(shard);
    this.#held.delete(shard);
    this.#shardsWritten += 1;
    if (job !== undefined) this.#release(job.done());
    this.#wake();
  }

  /** Gives back what is held, and says good-bye. Does not wait for a queue that does not answer. */
  async leave(): Promise<void> {
    clearInterval(this.#timer);
    if (this.lost.aborted) return;
    const goodbye = async (): Promise<void> => {
      for (const job of this.#held.values()) this.#release(job.giveBack());
      await Promise.all(this.#releases);
      await this.#options.exchange.leave();
      await this.#options.broker.leave(this.#options.name);
    };
    this.#isSilent = (await unlessSilent(goodbye().then(() => true))) === undefined;
  }

  /**
   * To be called after the end of the run. `isWhole`: whether the dataset is complete, so that nobody needs the queue.
   * `isInterrupted`: whether this machine has left shards to others.
   * @throws UserError if the machine has given up, or if the queue does not know the run any more
   */
  async end({ isWhole, isInterrupted }: { isWhole: boolean; isInterrupted: boolean }): Promise<void> {
    this.lost.throwIfAborted();
    // Who ends a machine does not wait for long.
    if (this.#isSilent) return;
    const { broker, silence } = this.#options;
    if (isWhole) {
      await unlessSilent(broker.remove());
      return;
    }
    await unlessSilent(this.#look());
    this.#setAside = (await unlessSilent(broker.queue.setAside())) ?? [];
    if (!isInterrupted && (await unlessSilent(broker.plan())) === null) throw silence.forgotten();
    const { waiting = 0 } = this.#counts ?? {};
    if (waiting > 0)
      this.#tell(
        `${plural(waiting, 'shard')} of the run wait in the queue; the same command goes on with them`,
      );
  }

  /** The shards that no machine finishes. Known after `end`. */
  get setAside(): readonly ShardId[] {
    return this.#setAside;
  }

  /** Rows of all shards that this machine has taken. */
  get rowsTaken(): number {
    return this.#rowsTaken;
  }

  /** Rows that this machine may have without an outcome before it takes another shard, so that others get theirs. */
  get #mostRows(): number {
    const { waiting, active } = this.#counts ?? { waiting: 0, active: 0 };
    const share = Math.ceil((SHARE * (waiting + active)) / this.#machines);
    return Math.max(1, share) * this.#options.samplesPerShard;
  }

  /** Whether all shards are finished or will be by what this machine holds. */
  get #isOver(): boolean {
    if (this.#counts === null || this.#isPaused) return false;
    return this.#counts.waiting === 0 && this.#counts.active <= this.#held.size;
  }

  /** Takes a job that is not done. Null if there is none at the moment. */
  async #next(signal: AbortSignal): Promise<TakenJob | null> {
    const { broker, isWritten } = this.#options;
    while (!signal.aborted) {
      const job = await takeUnlessAborted(broker.queue, signal);
      if (job === null) {
        // What the counts say must be newer than that there is none.
        await unlessAborted(
          this.#look().catch(() => {}),
          signal,
        );
        return null;
      }
      // This machine was silent for too long, and gets again what it still works on.
      if (this.#held.has(job.shard)) this.#held.set(job.shard, job);
      else if (job.lostMachines >= MOST_LOST_MACHINES) this.#putAside(job);
      else if (await isWritten(job.shard).catch((error: unknown) => this.#giveBackAfter(error, job)))
        this.#release(job.done());
      else return job;
    }
    return null;
  }

  /** A store that fails is no fault of the shard: nobody shall take this machine for one that it has ended. */
  #giveBackAfter(error: unknown, job: TakenJob): never {
    this.#release(job.giveBack());
    throw error;
  }

  #putAside(job: TakenJob): void {
    const message = `shard ${job.shard} is set aside: ${job.lostMachines} machines have ended while they worked on it`;
    this.#options.emit({ type: 'notice', message });
    this.#release(job.setAside(message));
  }

  #release(release: Promise<unknown>): void {
    const settled = release.then(
      () => {},
      () => {},
    );
    this.#releases.add(settled);
    void settled.then(() => this.#releases.delete(settled));
  }

  async #look(): Promise<void> {
    const { broker } = this.#options;
    const [counts, isPaused, isDraining] = await Promise.all([
      broker.queue.counts(),
      broker.queue.isPaused(),
      broker.isDraining(),
    ]);
    if (isDraining && !this.#isDraining)
      this.#tell('the queue is being drained: this machine ends after its shards');
    if (isPaused && !this.#isPaused) this.#tell('the queue pauses: this machine takes no further shard');
    if (!isPaused && this.#isPaused) this.#tell('the queue goes on');
    [this.#counts, this.#isPaused, this.#isDraining] = [counts, isPaused, isDraining];
  }

  #tick(): void {
    this.#options.silence.check();
    if (this.#isTicking) {
      this.#options.exchange.share();
      return;
    }
    this.#isTicking = true;
    const { silence } = this.#options;
    this.#callAll()
      .then(() => silence.heard())
      .catch((error: unknown) => silence.failed(error))
      .finally(() => {
        this.#isTicking = false;
        this.#wake();
      });
  }

  async #callAll(): Promise<void> {
    const { broker, name, exchange } = this.#options;
    // First, because rates are divided by the machines.
    const figures = this.#figures.with({ held: this.#held.size, shardsWritten: this.#shardsWritten });
    this.#machines = Math.max(1, await broker.report(name, figures));
    await Promise.all([this.#look(), exchange.lease(this.#machines), exchange.passNews()]);
  }

  #tell(message: string): void {
    this.#options.emit({ type: 'notice', message });
  }

  async #until(holds: () => boolean, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !holds()) await this.#change(signal);
  }

  /** Resolves when anything may have changed, at once if the signal has come before: nothing else may change then. */
  async #change(signal: AbortSignal): Promise<void> {
    if (!signal.aborted) await new Promise<void>((resolve) => this.#wakers.push(resolve));
  }

  #wake(): void {
    const wakers = this.#wakers;
    this.#wakers = [];
    for (const wake of wakers) wake();
  }
}
