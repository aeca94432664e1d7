import type { ChildProcess } from 'node:child_process';
import { Duplex } from 'node:stream';
import type { ImageJob, ImageResult } from '../job/job.ts';
import type { ImageLimits, ImageSettings } from '../job/settings.ts';
import { encodeFrame, type Frame, FrameAssembler } from './frames.ts';
import { type JobFacts, type Orders, type Reply, type ResultFacts, WORK_DESCRIPTOR } from './protocol.ts';
import { spawnDecoder } from './spawn-decoder.ts';

export interface DecodeJob {
  readonly job: ImageJob;
  readonly resolve: (result: ImageResult) => void;
  readonly reject: (error: Error) => void;
  /** Memory that decoding may take. */
  readonly estimatedBytes: number;
  /** A process has died of it, or seemed to. */
  suspect: boolean;
}

/** `killed` is for want of memory, or by a stranger. */
export type StopCause = 'recycled' | 'timeout' | 'killed' | 'crashed' | 'closed';

/** What ends a process that lacks memory: libraries that get none abort themselves, the system kills. */
const SIGNALS_OF_WANT: readonly (string | null)[] = ['SIGABRT', 'SIGTRAP', 'SIGKILL'];

interface Owner {
  onReady(process: DecoderProcess): void;
  onDone(process: DecoderProcess, task: DecodeJob, result: ImageResult): void;
  /** The process has ended and all its answers are in; `tasks` are those it leaves behind. */
  onStopped(process: DecoderProcess, tasks: readonly DecodeJob[]): void;
}

/** One decoder process with the tasks it holds: the first is being worked on, a second waits so that it never idles. */
export class DecoderProcess {
  readonly stopped: Promise<void>;
  /** Pictures that it has answered. */
  done = 0;
  /** Memory that it held after the last of them. */
  residentBytes = 0;
  isReady = false;
  /** Why it stopped or is to stop. */
  cause: StopCause | undefined;
  /** What it was last heard of, where it never became ready. */
  lastWords = '';
  readonly #child: ChildProcess;
  /** Jobs go in, results come out; undefined where the process could not be created. */
  readonly #work: Duplex | undefined;
  readonly #owner: Owner;
  readonly #timeoutMs: number;
  readonly #tasks: DecodeJob[] = [];
  #deadline: NodeJS.Timeout | undefined;

  constructor(settings: ImageSettings, limits: ImageLimits, owner: Owner) {
    this.#owner = owner;
    this.#timeoutMs = limits.decodeTimeoutMs;
    const child = spawnDecoder(limits.memoryBytes);
    this.#child = child;
    // Node lets the event loop end without a channel that was written to, even before its end is seen.
    child.channel?.ref();
    child.on('message', (reply: Reply) => this.#onReply(reply));
    this.#work = pipeOf(child);
    this.#receive(new FrameAssembler(limits.memoryBytes));
    this.stopped = ended(child, this.#work).then((lastWords) => {
      clearTimeout(this.#deadline);
      this.cause ??= SIGNALS_OF_WANT.includes(child.signalCode) ? 'killed' : 'crashed';
      this.lastWords ||= lastWords;
      owner.onStopped(this, this.#tasks);
    });
    // A message to a process that was never born is lost; its end says so.
    if (child.connected) child.send({ settings, limits } satisfies Orders, () => {});
  }

  /** 0 where the process could not even be created. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get load(): number {
    return this.#tasks.length;
  }

  /** Whether it may be given a further task; a suspect is worked on alone. */
  get isOpen(): boolean {
    return this.isReady && this.cause === undefined && this.load < 2 && this.#tasks[0]?.suspect !== true;
  }

  give(task: DecodeJob): void {
    this.#tasks.push(task);
    if (this.load === 1) this.#restartDeadline();
    const { bytes, ...facts } = task.job;
    this.#work?.cork();
    for (const piece of encodeFrame(facts satisfies JobFacts, bytes)) this.#work?.write(piece);
    this.#work?.uncork();
  }

  /** Ends the process, after its tasks where it is merely recycled. */
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
    // What is written to a process that has just died is lost; its end says so.
    this.#work?.on('error', () => {});
    this.#work?.on('data', (piece: Buffer) => {
      const frames = framesIn(assembler, piece);
      if (frames === null) this.stop('crashed');
      else for (const frame of frames) this.#onResult(frame);
    });
  }

  #onResult({ facts, bytes }: Frame): void {
    const task = this.#tasks.shift();
    if (task === undefined) return;
    const { result, kept, residentBytes } = facts as ResultFacts;
    this.done += 1;
    this.residentBytes = residentBytes;
    this.#restartDeadline();
    if (this.cause === 'recycled') this.stop(this.cause);
    this.#owner.onDone(this, task, withBytes(result, kept ? task.job.bytes : bytes));
  }

  #restartDeadline(): void {
    clearTimeout(this.#deadline);
    if (this.load > 0) this.#deadline = setTimeout(() => this.stop('timeout'), this.#timeoutMs);
  }
}

function pipeOf(child: ChildProcess): Duplex | undefined {
  const pipe = child.stdio[WORK_DESCRIPTOR];
  return pipe instanceof Duplex ? pipe : undefined;
}

/** Null where they are no results of ours: the process does what a picture told it. */
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

/** Waits for the process's end and for its last words and results, which may arrive after that; tells how it ended. */
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
