import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { ShardStats } from '../../output/metadata/stats.ts';
import type { Backlog } from './backlog.ts';
import type { OpenShard } from './open-shard.ts';

/**
 * Writes a shard whose rows are settled; null if there is nothing to write. Calls `onStaged` if the next shard can be
 * written before this one is done: its files are complete, and wait with others for their commit.
 */
export type WriteShard = (shard: OpenShard, onStaged: () => void) => Promise<ShardStats | null>;

interface ShardQueueOptions {
  readonly write: WriteShard;
  readonly backlog: Backlog;
  /** Whether nothing more may be written; the next start writes the shards from their spools. */
  readonly hasFailed: () => boolean;
  readonly onWritten: (shard: OpenShard, stats: ShardStats) => void;
  readonly onError: (error: unknown) => void;
}

/** Shards whose rows have their outcomes: they are written one after the other, and may be committed together. */
export class ShardQueue {
  readonly #options: ShardQueueOptions;
  #writing: Promise<void> = Promise.resolve();
  /** Shards that are being written or committed. */
  readonly #unfinished = new Map<OpenShard, Promise<void>>();

  constructor(options: ShardQueueOptions) {
    this.#options = options;
  }

  add(shard: OpenShard): void {
    this.#options.backlog.unwrittenShards += 1;
    this.#writing = this.#writing.then(() => this.#untilNext(shard));
  }

  /** Waits for all shards; after `stop` no longer than `graceMs` for commits, which the next start makes from the spools. */
  async finish(stop: AbortSignal, graceMs: number): Promise<void> {
    await this.#writing;
    const committed = Promise.all(this.#unfinished.values());
    await Promise.race([committed, stop.aborted ? null : once(stop, 'abort')]);
    if (stop.aborted) await Promise.race([committed, setTimeout(graceMs, undefined, { ref: false })]);
  }

  async closeSpools(): Promise<void> {
    await Promise.allSettled([...this.#unfinished.keys()].map((shard) => shard.spool.close()));
  }

  /** Writes a shard; resolves when the next one can be written. */
  #untilNext(shard: OpenShard): Promise<void> {
    return new Promise((resolve) => {
      const written = this.#write(shard, resolve)
        .catch(this.#options.onError)
        .finally(() => {
          this.#unfinished.delete(shard);
          resolve();
        });
      this.#unfinished.set(shard, written);
    });
  }

  async #write(shard: OpenShard, onStaged: () => void): Promise<void> {
    const { write, backlog, hasFailed, onWritten } = this.#options;
    let waits: 'unwrittenShards' | 'uncommittedShards' = 'unwrittenShards';
    try {
      if (hasFailed()) return;
      const stats = await write(shard, () => {
        waits = 'uncommittedShards';
        backlog.unwrittenShards -= 1;
        backlog.uncommittedShards += 1;
        backlog.update();
        onStaged();
      });
      await shard.spool.remove();
      if (stats !== null) onWritten(shard, stats);
    } finally {
      await shard.spool.close();
      backlog[waits] -= 1;
      backlog.update();
    }
  }
}
