import { EXIT, UserError } from '../../core/errors.ts';
import type { FailureCode } from '../../core/failures.ts';
import { mayHaveExif, passThrough } from '../header/passthrough.ts';
import { preCheck } from '../header/pre-check.ts';
import { detectFormat } from '../header/signature.ts';
import { digest } from '../job/digest.ts';
import type { ImageJob, ImageResult } from '../job/job.ts';
import { DEFAULT_LIMITS, type ImageLimits, type ImageSettings } from '../job/settings.ts';
import { Admission } from './admission.ts';
import { type DecodeJob, DecoderProcess, type StopCause } from './decoder-process.ts';

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

/** Processes that decode pictures, first come first served, as many at a time as memory allows. */
export interface DecoderPool {
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

export function startDecoders(options: DecoderOptions): DecoderPool {
  return new ProcessPool(options);
}

/**
 * A picture in whose hands a process dies gets a second try, alone in a fresh process, so that one which is innocent
 * loses nothing and one which is not takes no other with it.
 */
class ProcessPool implements DecoderPool {
  waiting = 0;
  waitingBytes = 0;
  readonly #options: DecoderOptions;
  readonly #limits: ImageLimits;
  readonly #processes = new Set<DecoderProcess>();
  readonly #admission: Admission<DecodeJob>;
  #failedStarts = 0;
  /** Why no more work is done. */
  #end: Error | undefined;

  constructor(options: DecoderOptions) {
    this.#options = options;
    this.#limits = options.limits ?? DEFAULT_LIMITS;
    this.#admission = new Admission(this.#limits.budgetBytesPerDecoder * options.count);
    for (let index = 0; index < options.count; index++) this.#startProcess();
  }

  decode(job: ImageJob): Promise<ImageResult> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    const { settings } = this.#options;
    if (settings.disableAllReencoding && !(settings.extractExif && mayHaveExif(job.bytes)))
      return Promise.resolve(passThrough(job, settings, settings.extractExif ? '{}' : null));
    const screening = preCheck(job, settings, this.#limits);
    if (!screening.admitted) {
      const { bytes, expectedHash } = job;
      const isOther = expectedHash !== undefined && expectedHash !== digest(bytes, settings.computeHash);
      return Promise.resolve(failed(job, isOther ? 'hash_mismatch' : screening.code));
    }
    const { estimatedBytes } = screening;
    return new Promise((resolve, reject) => {
      this.waiting += 1;
      this.waitingBytes += job.bytes.byteLength;
      this.#admission.add({ job, resolve, reject, estimatedBytes, suspect: false });
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

  onDone(process: DecoderProcess, task: DecodeJob, result: ImageResult): void {
    const { recycleAfter, recycleBytes } = this.#limits;
    const isWorn = process.done >= recycleAfter || process.residentBytes > recycleBytes;
    if (isWorn && process.cause === undefined) process.stop('recycled');
    this.#admission.release(task);
    this.#assign();
    this.#settle(task, result);
  }

  onStopped(process: DecoderProcess, tasks: readonly DecodeJob[]): void {
    const { cause = 'crashed', pid, isReady } = process;
    this.#processes.delete(process);
    if (isReady) this.#options.onEvent?.({ kind: 'stopped', pid, cause });
    else this.#failedStarts += 1;
    for (const task of tasks) this.#admission.release(task);
    if (this.#end !== undefined) {
      this.#admission.addFirst(tasks);
      this.#rejectAll(this.#end);
      return;
    }
    const [first, ...others] = tasks;
    if (first) this.#judge(first, cause);
    this.#admission.addFirst(others);
    this.#assign();
    if (this.#failedStarts < MAX_FAILED_STARTS) this.#startProcess();
    else void this.#stopAll(cannotStart(process.lastWords));
  }

  #startProcess(): void {
    this.#processes.add(new DecoderProcess(this.#options.settings, this.#limits, this));
  }

  /** Gives out tasks until nobody waits, no process has room, or memory is short. */
  #assign(): void {
    while (this.#giveOne());
  }

  /** A fresh process is for a suspect; else the first in line goes to an idle process, or waits ahead at a busy one. */
  #giveOne(): boolean {
    const open = [...this.#processes].filter((process) => process.isOpen);
    const idle = open.filter((process) => process.load === 0);
    const fresh = this.#admission.hasSuspects ? idle.find((process) => process.done === 0) : undefined;
    const process = fresh ?? idle[0] ?? open[0];
    const task = process && this.#admission.next(fresh ? 'suspects' : 'ordinary');
    if (task) process.give(task);
    return task !== undefined;
  }

  /** Decides about the task that a process was working on when it stopped. */
  #judge(task: DecodeJob, cause: StopCause): void {
    if (task.suspect) {
      this.#settle(task, failed(task.job, cause === 'crashed' ? 'decoder_crashed' : 'decoder_killed'));
    } else {
      task.suspect = true;
      this.#admission.add(task, 'suspects');
    }
  }

  #settle(task: DecodeJob, result: ImageResult): void {
    this.#leave(task);
    task.resolve(result);
  }

  #leave({ job }: DecodeJob): void {
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
    for (const task of this.#admission.drain()) {
      this.#leave(task);
      task.reject(reason);
    }
  }
}

function failed({ bytes }: ImageJob, code: FailureCode): ImageResult {
  return { ok: false, code, mimeType: detectFormat(bytes).mimeType };
}

function cannotStart(lastWords: string): UserError {
  const found = lastWords.split('\n', 1)[0];
  return new UserError(
    EXIT.environment,
    `Cannot start a decoder: expected a process that loads sharp, found '${found}'; reinstall with this platform's optional dependencies, or allow more memory`,
  );
}
