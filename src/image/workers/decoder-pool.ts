import { EXIT, UserError } from '../../core/errors.ts';
import type { FailureCode } from '../../core/failures.ts';
import { detectFormat } from '../../core/image-signature.ts';
import { machineLimits } from '../../util/machine/machine-limits.ts';
import { formatBytes } from '../../util/text/units.ts';
import { mayHaveMetadata } from '../embedded/segments/read-segments.ts';
import { mayHaveExif, passThrough } from '../header/passthrough.ts';
import { preCheck } from '../header/pre-check.ts';
import { digest } from '../job/digest.ts';
import type { ImageJob, ImageResult } from '../job/job.ts';
import { DEFAULT_LIMITS, type ImageLimits, type ImageSettings } from '../job/settings.ts';
import { requireAddressSpace } from './address-space.ts';
import { Admission } from './admission.ts';
import { DecoderCount } from './decoder-count.ts';
import { type DecodeJob, DecoderProcess, type StopCause } from './decoder-process.ts';

/** Consecutive processes that may die before they are ready. After that the machine counts as unable to decode. */
const MAX_FAILED_STARTS = 3;
/** After so many kills, an image is decoded with no other decoder left, and after so many, it cannot be decoded here. */
const KILLS_TO_ONE = 2;
const MAX_KILLS = 4;

/** A process has started or stopped; for logs. */
export type DecoderEvent =
  | { readonly kind: 'started'; readonly pid: number }
  | { readonly kind: 'stopped'; readonly pid: number; readonly cause: StopCause };

export interface DecoderOptions {
  /** Number of processes; one per core is best. */
  readonly count: number;
  readonly settings: ImageSettings;
  readonly limits?: ImageLimits;
  readonly onEvent?: (event: DecoderEvent) => void;
}

/** Processes that decode images in the order of the jobs, as many at a time as memory allows. */
export interface DecoderPool {
  /**
   * The job's image, or the code of its failure. Rejects with a UserError if decoders cannot run on this machine,
   * and with an Error if the pool is closed meanwhile.
   */
  decode(job: ImageJob): Promise<ImageResult>;
  /** Jobs that are queued or running. */
  readonly waiting: number;
  /** Ends all processes at once, whatever they are doing. */
  close(): Promise<void>;
}

/** Starts the processes; none has to be ready yet. Throws a UserError where they may not have enough address space. */
export function startDecoders(options: DecoderOptions): DecoderPool {
  requireAddressSpace((options.limits ?? DEFAULT_LIMITS).memoryBytes, machineLimits().addressSpaceBytes);
  return ProcessPool.start(options);
}

/**
 * If a process dies, the image that it was decoding becomes a suspect and gets a second try, alone in a fresh process.
 * So a harmless image loses nothing, and a harmful one cannot affect any other. If the system kills a process, it is the
 * machine that has too little memory: the image is decoded again while nothing else is, and fewer decoders run.
 */
class ProcessPool implements DecoderPool {
  waiting = 0;
  readonly #options: DecoderOptions;
  readonly #limits: ImageLimits;
  readonly #processes = new Set<DecoderProcess>();
  readonly #admission: Admission<DecodeJob>;
  readonly #count: DecoderCount;
  #failedStarts = 0;
  /** Why the pool accepts no more jobs. */
  #end: Error | undefined;

  static start(options: DecoderOptions): ProcessPool {
    const pool = new ProcessPool(options);
    pool.#startMissing();
    return pool;
  }

  private constructor(options: DecoderOptions) {
    this.#options = options;
    this.#limits = options.limits ?? DEFAULT_LIMITS;
    this.#admission = new Admission(this.#limits.budgetBytesPerDecoder * options.count);
    this.#count = new DecoderCount(options.count);
  }

  decode(imageJob: ImageJob): Promise<ImageResult> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    const { settings } = this.#options;
    if (settings.disableAllReencoding && !needsDecoder(imageJob, settings))
      return Promise.resolve(passThrough(imageJob, settings, settings.extractExif ? '{}' : null));
    const check = preCheck(imageJob, settings, this.#limits);
    if (!check.admitted) {
      const { bytes, expectedHash } = imageJob;
      const isOther = expectedHash !== undefined && expectedHash !== digest(bytes, settings.computeHash);
      return Promise.resolve(failed(imageJob, isOther ? 'hash_mismatch' : check.code));
    }
    const { estimatedBytes } = check;
    return new Promise((resolve, reject) => {
      this.waiting += 1;
      const reservedBytes = estimatedBytes;
      this.#admission.add({
        imageJob,
        resolve,
        reject,
        estimatedBytes,
        reservedBytes,
        suspect: false,
        kills: 0,
      });
      this.#assign();
    });
  }

  async close(): Promise<void> {
    await this.#stopAll(new Error('The decoders were closed while images were waiting.'));
  }

  onReady(process: DecoderProcess): void {
    this.#failedStarts = 0;
    this.#options.onEvent?.({ kind: 'started', pid: process.pid });
    this.#stopExcess();
    this.#assign();
  }

  onDone(process: DecoderProcess, job: DecodeJob, result: ImageResult): void {
    const { recycleAfter, recycleBytes } = this.#limits;
    const isWorn = process.done >= recycleAfter || process.residentBytes > recycleBytes;
    if (isWorn && process.cause === undefined) process.stop('recycled');
    this.#admission.release(job);
    this.#count.finished();
    this.#startMissing();
    this.#assign();
    this.#settle(job, result);
  }

  onStopped(process: DecoderProcess, jobs: readonly DecodeJob[]): void {
    const { cause = 'crashed', pid, isReady } = process;
    this.#processes.delete(process);
    if (isReady) this.#options.onEvent?.({ kind: 'stopped', pid, cause });
    else this.#failedStarts += 1;
    for (const job of jobs) this.#admission.release(job);
    if (this.#end !== undefined) {
      this.#admission.addFirst(jobs);
      this.#rejectAll(this.#end);
      return;
    }
    if (cause === 'killed') this.#count.killed();
    const [first, ...others] = jobs;
    this.#admission.addFirst(others);
    if (first) this.#judge(first, cause);
    if (this.#count.isHopeless) void this.#stopAll(cannotDecode(first));
    this.#assign();
    this.#startMissing(process.lastWords);
  }

  /** Starts processes until as many run as should. `found`: how the last one ended. */
  #startMissing(found = ''): void {
    if (this.#end !== undefined) return;
    if (this.#failedStarts < MAX_FAILED_STARTS) {
      while (this.#processes.size < this.#count.target)
        this.#processes.add(DecoderProcess.start(this.#options.settings, this.#limits, this));
    } else if (this.#processes.size === 0) void this.#stopAll(cannotStart(found));
  }

  /** Ends idle processes until no more run than should. */
  #stopExcess(): void {
    const running = [...this.#processes].filter((process) => process.cause === undefined);
    const idle = running.filter((process) => process.isReady && process.load === 0);
    for (const process of idle.slice(0, Math.max(0, running.length - this.#count.target)))
      process.stop('recycled');
  }

  /** Assigns jobs until none is waiting, no process has room, or memory is short. */
  #assign(): void {
    while (this.#assignOne());
  }

  /** Suspects get a fresh process. Otherwise the first job goes to an idle process, or queues at a busy one. */
  #assignOne(): boolean {
    const open = [...this.#processes].filter((process) => process.isOpen);
    const idle = open.filter((process) => process.load === 0);
    const fresh = this.#admission.hasSuspects ? idle.find((process) => process.done === 0) : undefined;
    const process = fresh ?? idle[0] ?? open[0];
    if (this.#admission.hasSuspects && this.#allUsed) process?.stop('recycled');
    if (process?.cause !== undefined) return false;
    const job = process && this.#admission.next(fresh ? 'suspects' : 'ordinary');
    if (job) process.give(job);
    return job !== undefined;
  }

  /** Whether a fresh process will only start when another one ends. */
  get #allUsed(): boolean {
    return this.#count.target <= this.#processes.size && [...this.#processes].every(({ done }) => done > 0);
  }

  /** Decides what happens to the job that a process was working on when it stopped. */
  #judge(job: DecodeJob, cause: StopCause): void {
    if (cause === 'killed') this.#decodeAlone(job);
    else if (job.suspect) {
      this.#settle(job, failed(job.imageJob, cause === 'crashed' ? 'decoder_crashed' : 'decoder_killed'));
    } else {
      job.suspect = true;
      this.#admission.add(job, 'suspects');
    }
  }

  /** Puts a job back whose process was killed. It waits until no other image is in progress. */
  #decodeAlone(job: DecodeJob): void {
    job.kills += 1;
    job.reservedBytes = Number.POSITIVE_INFINITY;
    if (job.suspect) this.#admission.add(job, 'suspects');
    else this.#admission.addFirst([job]);
    if (job.kills < KILLS_TO_ONE) return;
    this.#count.target = 1;
    this.#stopExcess();
    if (job.kills >= MAX_KILLS) void this.#stopAll(cannotDecode(job));
  }

  #settle(job: DecodeJob, result: ImageResult): void {
    this.waiting -= 1;
    job.resolve(result);
  }

  async #stopAll(reason: Error): Promise<void> {
    this.#end ??= reason;
    this.#rejectAll(this.#end);
    for (const process of this.#processes) process.stop('closed');
    await Promise.all([...this.#processes].map((process) => process.stopped));
  }

  #rejectAll(reason: Error): void {
    for (const job of this.#admission.drain()) {
      this.waiting -= 1;
      job.reject(reason);
    }
  }
}

/** Whether a body that is kept as it is has to be looked into nevertheless. */
function needsDecoder({ bytes }: ImageJob, { extractExif, rights }: ImageSettings): boolean {
  return (extractExif && mayHaveExif(bytes)) || (rights !== 'off' && mayHaveMetadata(bytes));
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

/** `job`: the image that was in progress, if any. */
function cannotDecode(job: DecodeJob | undefined): UserError {
  const { memoryBytes } = machineLimits();
  const estimate = Math.min(job?.estimatedBytes ?? 0, DEFAULT_LIMITS.memoryBytes);
  const mimeType = job && detectFormat(job.imageJob.bytes).mimeType;
  const image = job ? `${mimeType ?? 'an image'} of ${formatBytes(job.imageJob.bytes.length)}` : 'images';
  return new UserError(
    EXIT.environment,
    `Cannot decode ${image}: expected a decoder that lives, found each of them killed, even the only one, as happens when memory runs out; this process and its children may use ${formatBytes(memoryBytes)}: allow ${formatBytes(memoryBytes + estimate)}, or refuse large images with --max-image-area; no row is lost, the same command resumes`,
  );
}
