import { EXIT, UserError } from '../core/errors.ts';
import { Queue } from '../util/queue.ts';
import { DecoderProcess, type StopCause, type Task } from './decoder-process.ts';
import type { ImageJob, ImageResult } from './job.ts';
import { DEFAULT_LIMITS, type ImageLimits, type ImageSettings } from './settings.ts';
import { sniff } from './sniff.ts';

/** Processes that may die before they are ready, one after the other, until the machine counts as unable. */
const MAX_FAILED_STARTS = 3;

/** What befalls the processes, for logs. */
export type DecoderEvent =
  | { readonly kind: 'started'; readonly pid: number }
  | { readonly kind: 'stopped'; readonly pid: number; readonly cause: StopCause };

export interface DecoderOptions {
  /** Number of processes; one a core is best. */
  readonly count: number;
  readonly settings: ImageSettings;
  readonly limits?: ImageLimits;
  readonly onEvent?: (event: DecoderEvent) => void;
}

/** Processes that decode pictures, first come first served. */
export interface Decoders {
  /**
   * The job's picture, or the code of what is wrong with it. Rejects with a UserError where decoders cannot run on
   * this machine, and with an Error when they are closed meanwhile.
   */
  decode(job: ImageJob): Promise<ImageResult>;
  /** Jobs that are queued or running. */
  readonly waiting: number;
  /** Bytes of their pictures. */
  readonly waitingBytes: number;
  /** Ends all processes at once, whatever they are doing. */
  close(): Promise<void>;
}

export function startDecoders(options: DecoderOptions): Decoders {
  return new DecoderPool(options);
}

/**
 * A picture in whose hands a process dies gets a second try, alone in a fresh process, so that one which is innocent
 * loses nothing and one which is not takes no other with it.
 */
class DecoderPool implements Decoders {
  waiting = 0;
  waitingBytes = 0;
  readonly #options: DecoderOptions;
  readonly #limits: ImageLimits;
  readonly #processes = new Set<DecoderProcess>();
  readonly #queue = new Queue<Task>();
  /** Tasks that waited behind one that killed their process; they go first. */
  readonly #displaced: Task[] = [];
  readonly #suspects: Task[] = [];
  #failedStarts = 0;
  /** Why no more work is done. */
  #end: Error | undefined;

  constructor(options: DecoderOptions) {
    this.#options = options;
    this.#limits = options.limits ?? DEFAULT_LIMITS;
    for (let index = 0; index < options.count; index++) this.#startProcess();
  }

  decode(job: ImageJob): Promise<ImageResult> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => {
      this.waiting += 1;
      this.waitingBytes += job.bytes.byteLength;
      this.#queue.push({ job, resolve, reject, suspect: false });
      this.#assign();
    });
  }

  async close(): Promise<void> {
    await this.#stopAll(new Error('The decoders were closed while pictures were waiting.'));
  }

  onReady(process: DecoderProcess): void {
    this.#failedStarts = 0;
    this.#options.onEvent?.({ kind: 'started', pid: process.pid });
    this.#assign();
  }

  onDone(process: DecoderProcess, task: Task, result: ImageResult): void {
    if (process.done === this.#limits.recycleAfter) process.stop('recycled');
    this.#assign();
    this.#settle(task, result);
  }

  onStopped(process: DecoderProcess, tasks: readonly Task[]): void {
    const { cause = 'crashed', pid, isReady } = process;
    this.#processes.delete(process);
    if (isReady) this.#options.onEvent?.({ kind: 'stopped', pid, cause });
    else this.#failedStarts += 1;
    if (this.#end !== undefined) {
      this.#displaced.push(...tasks);
      this.#rejectAll(this.#end);
      return;
    }
    const [first, ...others] = tasks;
    if (first) this.#judge(first, cause);
    this.#displaced.unshift(...others);
    if (this.#failedStarts < MAX_FAILED_STARTS) this.#startProcess();
    else void this.#stopAll(cannotStart(process.lastWords));
  }

  #startProcess(): void {
    this.#processes.add(new DecoderProcess(this.#options.settings, this.#limits, this));
  }

  /** Gives out tasks: first to idle processes, then one ahead to each. */
  #assign(): void {
    for (const load of [0, 1]) {
      for (const process of this.#processes) {
        if (process.load !== load || !process.isOpen) continue;
        const isFresh = load === 0 && process.done === 0;
        const task =
          (isFresh ? this.#suspects.shift() : undefined) ?? this.#displaced.shift() ?? this.#queue.shift();
        if (task) process.give(task);
      }
    }
  }

  /** Decides about the task that a process was working on when it stopped. */
  #judge(task: Task, cause: StopCause): void {
    if (task.suspect) {
      const code = cause === 'timeout' ? 'decode_timeout' : 'decoder_crashed';
      this.#settle(task, { ok: false, code, mimeType: sniff(task.job.bytes).mimeType });
    } else {
      task.suspect = true;
      this.#suspects.push(task);
    }
  }

  #settle(task: Task, result: ImageResult): void {
    this.#leave(task);
    task.resolve(result);
  }

  #leave({ job }: Task): void {
    this.waiting -= 1;
    this.waitingBytes -= job.bytes.byteLength;
  }

  async #stopAll(reason: Error): Promise<void> {
    this.#end ??= reason;
    this.#rejectAll(this.#end);
    for (const process of this.#processes) process.stop('closed');
    await Promise.all([...this.#processes].map((process) => process.stopped));
  }

  #rejectAll(reason: Error): void {
    for (const task of [...this.#suspects.splice(0), ...this.#displaced.splice(0), ...this.#queue.drain()]) {
      this.#leave(task);
      task.reject(reason);
    }
  }
}

function cannotStart(lastWords: string): UserError {
  const found = lastWords.split('\n', 1)[0];
  return new UserError(
    EXIT.environment,
    `Cannot start a decoder: expected a process that loads sharp, found '${found}'; reinstall with this platform's optional dependencies, or allow more memory`,
  );
}
