import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ShardStats } from '../../output/metadata/stats.ts';
import type { SpoolContents } from '../../output/spool/spool-reader.ts';
import type { ShardToWrite } from '../../output/write/shard-writer.ts';
import { lostThread } from './lost-thread.ts';
import { fromThreadError, type ThreadError } from './thread-error.ts';

/** A shard to write, in a form that goes from thread to thread. */
export interface WriteOrder extends Omit<ShardToWrite, 'spool'> {
  readonly contents: SpoolContents;
}

export type WriteAnswer = { readonly stats: ShardStats } | { readonly fault: ThreadError };

/** Megabytes for the thread's young objects, as many as the engine has for its own; four times as many by itself. */
const YOUNG_MB = 12;
const THREAD_PATH = new URL('./writer-thread.js', import.meta.url);

/**
 * The engine's end of a thread that writes shards, one at a time. Reading samples back from the spool and putting tar
 * and Parquet together is a third of what there is to do for a sample that is not decoded.
 */
export class Writer {
  #worker: Worker | undefined;

  /** Does what `writeShard` does. To be called again when the last shard is written. */
  async write(order: WriteOrder): Promise<ShardStats> {
    this.#worker ??= new Worker(THREAD_PATH, {
      name: 'writer',
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    const answering = once(this.#worker, 'message');
    this.#worker.postMessage(order);
    const [answer]: WriteAnswer[] = await answering.catch((error: unknown) => {
      throw lostThread('the thread that writes shards', error);
    });
    if (answer === undefined) throw new Error('The writer has given no answer');
    if ('fault' in answer) throw fromThreadError(answer.fault);
    return answer.stats;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }
}
