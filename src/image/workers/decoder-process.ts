import type { ChildProcess } from 'node:child_process';
import { Duplex } from 'node:stream';
import type { ImageJob, ImageResult } from '../job/job.ts';
import type { ImageLimits, ImageSettings } from '../job/settings.ts';
import { continueStopped } from './continue-stopped.ts';
import { encodeFrame, type Frame, FrameAssembler } from './frames.ts';
import { type JobFacts, type Orders, type Reply, type ResultFacts, WORK_DESCRIPTOR } from './protocol.ts';
import { spawnDecoder } from './spawn-decoder.ts';
import { processorTime, TimeLimit } from './time-limit.ts';

/** An image job that waits for a decoder or is being decoded, and its promise. */
export interface DecodeJob {
  readonly imageJob: ImageJob;
  readonly resolve: (result: ImageResult) => void;
  readonly reject: (error: Error) => void;
  /** Memory that decoding may need. */
  readonly estimatedBytes: number;
  /** Memory that is kept free for it: all of it after a kill, so that the image is decoded alone. */
  reservedBytes: number;
  /** A process has died while decoding it, and that may be its fault. */
  suspect: boolean;
  /** How often a process was killed while decoding it, which is not its fault. */
  kills: number;
}

/** `out-of-memory`: beyond its own limit. `killed`: from outside, as the system does when memory runs out. */
export type StopCause = 'recycled' | 'timeout' | 'out-of-memory' | 'killed' | 'crashed' | 'closed';

/** Libraries that get no memory abort. */
const OUT_OF_MEMORY_SIGNALS: readonly (string | null)[] = ['SIGABRT', 'SIGTRAP'];
/** Other signals that a process causes itself. */
const CRASH_SIGNALS: readonly (string | null)[] = ['SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGSYS'];

interface Owner {
  onReady(process: DecoderProcess): void;
  onDone(process: DecoderProcess, job: DecodeJob, result: ImageResult): void;
  /** The process has ended and all its results have arrived; `jobs` are those without a result. */
  onStopped(process: DecoderProcess, jobs: readonly DecodeJob[]): void;
}

/** One decoder process with its jobs: the first is being decoded, and a second waits so that the process never idles. */
export class DecoderProcess {
  readonly stopped: Promise<void>;
  /** Images that it has finished. */
  done = 0;
  /** Resident memory in bytes after the last of them. */
  residentBytes = 0;
  isReady = false;
  /** Why it stopped or is to stop. */
  cause: StopCause | undefined;
  /** Why it never became ready, in its own words or those of the system. */
  lastWords = '';
  readonly #child: ChildProcess;
  /** Carries jobs to the process and results back; undefined if the process could not be created. */
  readonly #work: Duplex | undefined;
  readonly #owner: Owner;
  readonly #limit: TimeLimit;
  readonly #jobs: DecodeJob[] = [];
  /** CPU time in milliseconds after the last image. */
  #usedMs = 0;

  static start(settings: ImageSettings, limits: ImageLimits, owner: Owner): DecoderProcess {
    const child = spawnDecoder(limits.memoryBytes);
    // Otherwise Node ends the event loop although the channel has been written to and its end has not arrived.
    child.channel?.ref();
    continueStopped(child);
    const process = new DecoderProcess(child, limits, owner);
    // A message to a process that could not be created is lost; its end reports that.
    if (child.connected) child.send({ settings, limits } satisfies Orders, () => {});
    return process;
  }

  private constructor(child: ChildProcess, limits: ImageLimits, owner: Owner) {
    this.#owner = owner;
    this.#child = child;
    this.#limit = new TimeLimit(
      limits.decodeTimeoutMs,
      () => processorTime(this.pid),
      () => this.stop('timeout'),
    );
    child.on('message', (reply: Reply) => this.#onReply(reply));
    this.#work = pipeOf(child);
    this.#receive(new FrameAssembler(limits.memoryBytes));
    this.stopped = ended(child, this.#work).then((lastWords) => {
      this.#limit.clear();
      // A process that is only recycled ends after its jobs.
      if (this.cause === undefined || (this.cause === 'recycled' && this.load > 0))
        this.cause = causeOf(child.signalCode);
      this.lastWords ||= lastWords;
      owner.onStopped(this, this.#jobs);
    });
  }

  /** 0 if the process could not even be created. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get load(): number {
    return this.#jobs.length;
  }

  /** Whether it can take another job; a suspect is decoded alone. */
  get isOpen(): boolean {
    return this.isReady && this.cause === undefined && this.load < 2 && this.#jobs[0]?.suspect !== true;
  }

  give(job: DecodeJob): void {
    this.#jobs.push(job);
    if (this.load === 1) this.#restartLimit();
    const { bytes, ...facts } = job.imageJob;
    this.#work?.cork();
    for (const piece of encodeFrame(facts satisfies JobFacts, bytes)) this.#work?.write(piece);
    this.#work?.uncork();
  }

  /** Ends the process: at once, or after its jobs if it is only recycled. */
  stop(cause: StopCause): void {
    this.cause = cause;
    if (cause !== 'recycled') this.#child.kill('SIGKILL');
    else if (this.load === 0) this.#work?.end();
  }

  #onReply(reply: Reply): void {
    if (reply.kind === 'ready') {
      this.isReady = true;
      this.#owner.onReady(this);
    } else {
      this.lastWords = reply.reason;
      this.stop('crashed');
    }
  }

  #receive(assembler: FrameAssembler): void {
    // What is written to a process that has just died is lost; its end reports that.
    this.#work?.on('error', () => {});
    this.#work?.on('data', (piece: Buffer) => {
      const frames = framesIn(assembler, piece);
      if (frames === null) this.stop('crashed');
      else for (const frame of frames) this.#onResult(frame);
    });
  }

  #onResult({ facts, bytes }: Frame): void {
    const job = this.#jobs.shift();
    if (job === undefined) return;
    const { result, kept, residentBytes, usedMs } = facts as ResultFacts;
    this.done += 1;
    this.residentBytes = residentBytes;
    this.#usedMs = usedMs;
    this.#restartLimit();
    if (this.cause === 'recycled') this.stop(this.cause);
    this.#owner.onDone(this, job, withBytes(result, kept ? job.imageJob.bytes : bytes));
  }

  #restartLimit(): void {
    if (this.load > 0) this.#limit.restart(this.#usedMs);
    else this.#limit.clear();
  }
}

function causeOf(signal: NodeJS.Signals | null): StopCause {
  if (OUT_OF_MEMORY_SIGNALS.includes(signal)) return 'out-of-memory';
  return signal === null || CRASH_SIGNALS.includes(signal) ? 'crashed' : 'killed';
}

function pipeOf(child: ChildProcess): Duplex | undefined {
  const pipe = child.stdio[WORK_DESCRIPTOR];
  return pipe instanceof Duplex ? pipe : undefined;
}

/** Null if the frames are not valid results: an image may have taken control of the process. */
function framesIn(assembler: FrameAssembler, piece: Buffer): Frame[] | null {
  try {
    const frames = assembler.push(piece);
    return frames.every(({ facts }) => (facts as Partial<ResultFacts> | null)?.result) ? frames : null;
  } catch {
    return null;
  }
}

function withBytes(result: ResultFacts['result'], bytes: Uint8Array): ImageResult {
  return result.ok ? { ...result, image: { ...result.image, bytes } } : result;
}

/** Waits for the end of the process, and for messages and results that arrive after it. Resolves to how it ended. */
async function ended(child: ChildProcess, work: Duplex | undefined): Promise<string> {
  const exit = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? `code ${code}`}`));
  });
  const silence = new Promise<void>((resolve) => child.once('disconnect', resolve));
  const emptied = new Promise<void>((resolve) => work?.once('close', resolve));
  const lastWords = await exit;
  if (child.connected) await silence;
  if (work?.closed === false) await emptied;
  return lastWords;
}
