import { Worker } from 'node:worker_threads';
import type { ShardStats } from '../../output/metadata/stats.ts';
import type { SpoolContents } from '../../output/spool/spool-reader.ts';
import type { ShardToWrite } from '../../output/write/shard-writer.ts';
import { lostThread } from './lost-thread.ts';
import { fromThreadError, type ThreadError } from './thread-error.ts';
import { threadOptions } from './thread-options.ts';

/** A shard to write, in a form that can be sent to another thread. */
export interface WriteRequest extends Omit<ShardToWrite, 'spool' | 'store' | 'onStaged'> {
  readonly output: string;
  /** Folder for files that a store accepts only when they are complete. */
  readonly staging: string;
  readonly contents: SpoolContents;
}

/** Answers to a request tell its shard's number. `staged`: the files are complete, and wait for their commit. */
export type WriteResponse = { readonly id: number } & (
  | { readonly staged: true }
  | { readonly stats: ShardStats }
  | { readonly error: ThreadError }
);

interface Call {
  readonly onStaged: () => void;
  readonly resolve: (stats: ShardStats) => void;
  readonly reject: (error: unknown) => void;
}

/** Megabytes for the thread's young objects, as in the engine. Node's default is four times as much. */
const YOUNG_MB = 12;
const THREAD_PATH = new URL('./writer-thread.js', import.meta.url);

/**
 * The engine's end of a thread that writes shards, one at a time; `writer-thread.ts` is the other. Reading samples from
 * the spool and writing tar and Parquet is a third of the work for a sample that is not decoded.
 */
export class Writer {
  #worker: Worker | undefined;
  /** By the numbers of shards. */
  readonly #calls = new Map<number, Call>();

  /** Starts the thread unless it runs, so that the first shard need not wait for it. */
  start(): Worker {
    this.#worker ??= startThread()
      .on('message', (response: WriteResponse) => this.#take(response))
      .once('error', (error) => {
        this.#worker = undefined;
        for (const { reject } of this.#calls.values())
          reject(lostThread('the thread that writes shards', error));
        this.#calls.clear();
      });
    return this.#worker;
  }

  /**
   * Does what `writeShard` does. The next call may be made when this one has resolved, or has called `onStaged`.
   */
  write(request: WriteRequest, onStaged: () => void): Promise<ShardStats> {
    const worker = this.start();
    return new Promise((resolve, reject) => {
      this.#calls.set(request.id, { onStaged, resolve, reject });
      worker.postMessage(request);
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #take(response: WriteResponse): void {
    const call = this.#calls.get(response.id);
    if ('staged' in response) {
      call?.onStaged();
      return;
    }
    this.#calls.delete(response.id);
    if ('error' in response) call?.reject(fromThreadError(response.error));
    else call?.resolve(response.stats);
  }
}

function startThread(): Worker {
  const options = threadOptions();
  const resourceLimits = { ...options.resourceLimits, maxYoungGenerationSizeMb: YOUNG_MB };
  return new Worker(THREAD_PATH, { ...options, name: 'writer', resourceLimits });
}
