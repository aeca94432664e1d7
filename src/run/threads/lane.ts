import { Worker } from 'node:worker_threads';
import type { FetchPressure } from '../../fetch/fetcher.ts';
import { NO_OUTLOOK, type Outlook } from '../../fetch/schedule/outlook.ts';
import type { LaneCommand, LaneLoad, LaneReport, LaneSettings } from './lane-messages.ts';
import { lostThread } from './lost-thread.ts';
import { Outbox } from './outbox.ts';
import { threadOptions } from './thread-options.ts';

const THREAD_PATH = new URL('./lane-thread.js', import.meta.url);
/** Maximum time for a closing lane to end its decoders. */
const CLOSE_MS = 5_000;
const IDLE: LaneLoad = {
  rows: 0,
  waiting: 0,
  delayed: 0,
  inFlight: 0,
  decodersBusy: 0,
  pressure: [],
  isStopped: false,
};

export interface LaneListener {
  readonly onReport: (report: LaneReport) => void;
  /** Called with the reason if the lane ends without being closed. */
  readonly onLost: (error: Error) => void;
}

/** The engine's end of a lane: a thread with its own event loop, fetcher and decoders. `lane-thread.ts` is the other. */
export class Lane {
  readonly #worker: Worker;
  readonly #outbox: Outbox<LaneCommand>;
  /** Resolves after the lane's last report or, if that never comes, at its end. */
  readonly #over: Promise<void>;
  #load = IDLE;
  #outlook = NO_OUTLOOK;
  #rowsSent = 0;
  #isStopping = false;
  #isClosing = false;

  private constructor(name: string, worker: Worker, { onReport, onLost }: LaneListener) {
    this.#worker = worker;
    this.#outbox = new Outbox((commands) => worker.postMessage(commands));
    let cause: unknown;
    worker.on('error', (error) => {
      cause = error;
    });
    this.#over = new Promise((resolve) => {
      worker.on('message', (reports: readonly LaneReport[]) => {
        for (const report of reports) {
          if (report.kind === 'load') this.#load = report.load;
          else if (report.kind === 'outlook') this.#outlook = report.outlook;
          onReport(report);
          if (report.kind === 'closed') resolve();
        }
      });
      worker.on('exit', () => {
        if (!this.#isClosing) onLost(lostThread(name, cause));
        resolve();
      });
    });
  }

  /** Starts the thread; `close` ends it. */
  static start(settings: LaneSettings, listener: LaneListener): Lane {
    const name = `lane ${settings.lane + 1} of ${settings.lanes}`;
    return new Lane(
      name,
      new Worker(THREAD_PATH, { ...threadOptions(), workerData: settings, name }),
      listener,
    );
  }

  /** Rows that wait for a free connection, including rows that are on their way to the lane. */
  get waiting(): number {
    return this.#load.waiting + this.#rowsSent - this.#load.rows;
  }

  get delayed(): number {
    return this.#load.delayed;
  }

  /** Rows that are being fetched, decoded or kept; at least 1 while the lane may still start rows that it was sent. */
  get inFlight(): number {
    return this.#load.inFlight + (this.#isStopping && !this.#load.isStopped ? 1 : 0);
  }

  get decodersBusy(): number {
    return this.#load.decodersBusy;
  }

  get pressure(): readonly FetchPressure[] {
    return this.#load.pressure;
  }

  get outlook(): Outlook {
    return this.#outlook;
  }

  send(command: LaneCommand): void {
    if (command.kind === 'row') this.#rowsSent += 1;
    this.#outbox.push(command);
  }

  stop(): void {
    this.#isStopping = true;
    this.send({ kind: 'stop' });
  }

  /** Ends the lane and everything that it is doing. Resolves after its last report. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.send({ kind: 'close' });
    const timer = setTimeout(() => void this.#worker.terminate(), CLOSE_MS);
    await this.#over;
    clearTimeout(timer);
    await this.#worker.terminate();
  }
}
