import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ShardStats } from '../../output/metadata/stats.ts';
import type { SpoolContents } from '../../output/spool/spool-reader.ts';
import type { ShardToWrite } from '../../output/write/shard-writer.ts';
import { lostThread } from './lost-thread.ts';
import { fromThreadError, type ThreadError } from './thread-error.ts';
import { threadOptions } from './thread-options.ts';

/** A shard to write, in a form that can be sent to another thread. */
export interface WriteRequest extends Omit<ShardToWrite, 'spool' | 'store'> {
  readonly output: string;
  readonly contents: SpoolContents;
}

export type WriteResponse = { readonly stats: ShardStats } | { readonly error: ThreadError };

/** Megabytes for the thread's young objects, as in the engine. Node's default is four times as much. */
const YOUNG_MB = 12;
const THREAD_PATH = new URL('./writer-thread.js', import.meta.url);

/**
 * The engine's end of a thread that writes shards, one at a time; `writer-thread.ts` is the other. Reading samples from
 * the spool and writing tar and Parquet is a third of the work for a sample that is not decoded.
 */
export class Writer {
  #worker: Worker | undefined;

  /** Starts the thread unless it runs, so that the first shard need not wait for it. */
  start(): Worker {
    this.#worker ??= startThread().once('error', () => {
      this.#worker = undefined;
    });
    return this.#worker;
  }

  /** Does what `writeShard` does, one call at a time. */
  async write(request: WriteRequest): Promise<ShardStats> {
    const worker = this.start();
    const responding = once(worker, 'message');
    worker.postMessage(request);
    const [response]: WriteResponse[] = await responding.catch((error: unknown) => {
      throw lostThread('the thread that writes shards', error);
    });
    if (response === undefined) throw new Error('The writer has sent an empty response');
    if ('error' in response) throw fromThreadError(response.error);
    return response.stats;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }
}

function startThread(): Worker {
  const options = threadOptions();
  const resourceLimits = { ...options.resourceLimits, maxYoungGenerationSizeMb: YOUNG_MB };
  return new Worker(THREAD_PATH, { ...options, name: 'writer', resourceLimits });
}
