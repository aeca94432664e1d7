import { randomUUID } from 'node:crypto';
import type { BackendFactory, IQueueBackend, Job, JobType, Queue, Worker } from 'bullmq';
import type { ShardId } from '../../core/samples.ts';
import type { JobCounts, ShardJob, ShardQueue, TakenJob } from '../interface/broker.ts';

/** A machine that is silent for so long has lost its jobs. */
const LEASE_MS = 20_000;
const AT_ONCE = 500;
/** The name of every job; BullMQ wants one. */
const NAME = 'shard';

/** With PostgreSQL, jobs wait as `paused` while the queue pauses, which BullMQ's types do not know. */
const STATES = ['wait', 'paused', 'delayed', 'prioritized', 'active', 'failed'];

type Bull = typeof import('bullmq');

interface BullOptions<B extends IQueueBackend, C> {
  /** Fingerprint of the run. */
  readonly run: string;
  readonly connection: C;
  readonly backend: (bull: Bull) => BackendFactory<B, C>;
  readonly leaseMs?: number;
}

/** The shards of a run in a queue of BullMQ: a job for each shard, which is removed when it is done. */
export class BullQueue implements ShardQueue {
  readonly #queue: Queue;
  readonly #worker: Worker;
  readonly #run: string;
  readonly #leaseMs: number;
  /** Shows the queue that a job is held by this process. */
  readonly #token = randomUUID();
  readonly #held = new Map<string, Job>();
  #renewal: NodeJS.Timeout | undefined;

  private constructor(run: string, leaseMs: number, queue: Queue, worker: Worker) {
    [this.#run, this.#leaseMs, this.#queue, this.#worker] = [run, leaseMs, queue, worker];
  }

  /** Loads BullMQ. */
  static async open<B extends IQueueBackend, C>({
    run,
    connection,
    backend,
    leaseMs = LEASE_MS,
  }: BullOptions<B, C>): Promise<BullQueue> {
    const bull = await import('bullmq');
    const factory = backend(bull);
    // The braces keep all keys of a run on one node of a cluster.
    const options = { connection, prefix: '{laion-fetch}', skipVersionCheck: true };
    const name = run.slice(0, 16);
    const queue = new bull.Queue(name, { ...options, streams: { events: { maxLen: 100 } } }, factory);
    const worker = new bull.Worker(
      name,
      null,
      {
        ...options,
        autorun: false,
        lockDuration: leaseMs,
        stalledInterval: leaseMs / 4,
        maxStalledCount: 1e6,
      },
      factory,
    );
    // Calls that fail say so themselves, and connections are made again.
    queue.on('error', () => {});
    worker.on('error', () => {});
    return new BullQueue(run, leaseMs, queue as unknown as Queue, worker as unknown as Worker);
  }

  async add(jobs: readonly ShardJob[]): Promise<void> {
    for (let at = 0; at < jobs.length; at += AT_ONCE) {
      await this.#queue.addBulk(
        jobs.slice(at, at + AT_ONCE).map(({ shard, file, start, rows }) => ({
          name: NAME,
          data: { shard, file, start, rows },
          opts: { jobId: `${this.#run.slice(0, 16)}-${shard}`, removeOnComplete: true },
        })),
      );
    }
  }

  async take(): Promise<TakenJob | null> {
    this.#watch();
    const job = await this.#worker.getNextJob(this.#token, { block: false });
    if (job?.id === undefined) return null;
    const { id } = job;
    this.#held.set(id, job);
    const release = async (how: Promise<unknown>): Promise<boolean> => {
      this.#held.delete(id);
      return how.then(
        () => true,
        (error: unknown) => {
          // Another machine has it, or has done it.
          if (isLost(error)) return false;
          throw error;
        },
      );
    };
    return {
      ...(job.data as ShardJob),
      lostMachines: job.stalledCounter,
      done: () => release(job.moveToCompleted(true, this.#token, false)),
      giveBack: async () => {
        await release(job.moveToWait(this.#token));
      },
      setAside: async (reason) => {
        await release(job.moveToFailed(new Error(reason), this.#token, false));
      },
    };
  }

  async counts(): Promise<JobCounts> {
    const counts = await this.#queue.getJobCounts(...(STATES as JobType[]));
    const of = (...states: readonly string[]): number =>
      states.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
    return {
      waiting: of('wait', 'paused', 'delayed', 'prioritized'),
      active: of('active'),
      setAside: of('failed'),
    };
  }

  async setAside(): Promise<readonly ShardId[]> {
    const jobs = await this.#queue.getFailed();
    return jobs.map((job) => (job.data as ShardJob).shard).sort((a, b) => a - b);
  }

  async forgetSetAside(): Promise<void> {
    for (const job of await this.#queue.getFailed()) await job.remove();
  }

  async pause(isPaused: boolean): Promise<void> {
    await (isPaused ? this.#queue.pause() : this.#queue.resume());
  }

  isPaused(): Promise<boolean> {
    return this.#queue.isPaused();
  }

  async remove(): Promise<void> {
    await this.#queue.obliterate({ force: true });
  }

  async close(): Promise<void> {
    clearInterval(this.#renewal);
    await Promise.allSettled([this.#worker.close(true), this.#queue.close()]);
  }

  /** From the first job on, holds what was taken and looks for what others have lost. */
  #watch(): void {
    if (this.#renewal !== undefined) return;
    void this.#worker.startStalledCheckTimer();
    this.#renewal = setInterval(() => {
      const ids = [...this.#held.keys()];
      if (ids.length === 0) return;
      // What has been lost is another machine's now; the store decides which of them writes the shard.
      void this.#worker
        .extendJobLocks(
          ids,
          ids.map(() => this.#token),
          this.#leaseMs,
        )
        .catch(() => {});
    }, this.#leaseMs / 4).unref();
  }
}

const LOST = /Missing lock|Missing key|not in the active state|Lock mismatch|is not locked/i;

const isLost = (error: unknown): boolean => error instanceof Error && LOST.test(error.message);
