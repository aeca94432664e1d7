import { Worker } from 'node:worker_threads';
import type { LaneOrders, Load, Order, Report } from './lane-messages.ts';
import { lostThread } from './lost-thread.ts';
import { Outbox } from './outbox.ts';

const THREAD_PATH = new URL('./lane-thread.js', import.meta.url);
/** How long a lane that is to end may take to end its decoders. */
const CLOSE_MS = 5_000;
const IDLE: Load = { rows: 0, waiting: 0, delayed: 0, inFlight: 0, stopped: false };

export interface LaneOptions {
  readonly orders: LaneOrders;
  readonly onReport: (report: Report) => void;
  /** Told why the lane has ended before its time. */
  readonly onLost: (error: Error) => void;
}

/** The engine's end of one lane: a thread with an event loop, a fetcher and decoders of its own. */
export class Lane {
  readonly #worker: Worker;
  readonly #outbox: Outbox<Order>;
  readonly #name: string;
  /** Settles with the lane's last report or, where that never comes, its end. */
  readonly #over: Promise<void>;
  #load = IDLE;
  #rows = 0;
  #isStopping = false;
  #isClosing = false;

  constructor({ orders, onReport, onLost }: LaneOptions) {
    this.#name = `lane ${orders.lane + 1} of ${orders.lanes}`;
    this.#worker = new Worker(THREAD_PATH, { workerData: orders, name: this.#name });
    this.#outbox = new Outbox((messages) => this.#worker.postMessage(messages));
    let cause: unknown;
    this.#worker.on('error', (error) => {
      cause = error;
    });
    this.#over = new Promise((resolve) => {
      this.#worker.on('message', (reports: readonly Report[]) => {
        for (const report of reports) {
          if (report.kind === 'load') this.#load = report.load;
          onReport(report);
          if (report.kind === 'closed') resolve();
        }
      });
      this.#worker.on('exit', () => {
        if (!this.#isClosing) onLost(lostThread(this.#name, cause));
        resolve();
      });
    });
  }

  /** Rows that wait for a place, those included that are on their way to the lane. */
  get waiting(): number {
    return this.#load.waiting + this.#rows - this.#load.rows;
  }

  get delayed(): number {
    return this.#load.delayed;
  }

  /** Rows that are being fetched, decoded or handed over; at least 1 while rows that it was sent may yet be begun. */
  get inFlight(): number {
    return this.#load.inFlight + (this.#isStopping && !this.#load.stopped ? 1 : 0);
  }

  send(order: Order): void {
    if (order.kind === 'row') this.#rows += 1;
    this.#outbox.push(order);
  }

  stop(): void {
    this.#isStopping = true;
    this.send({ kind: 'stop' });
  }

  /** Ends the lane with all that it is doing, after its last report. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.send({ kind: 'close' });
    const patience = setTimeout(() => void this.#worker.terminate(), CLOSE_MS);
    await this.#over;
    clearTimeout(patience);
    await this.#worker.terminate();
  }
}
