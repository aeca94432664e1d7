import type { HostKey } from '../core/samples.ts';
import { AlarmList } from '../util/alarm-list.ts';
import { Queue } from '../util/queue.ts';

export interface FrontierTask {
  readonly host: HostKey;
}

interface HostQueue<T> {
  readonly host: HostKey;
  readonly waiting: Queue<T>;
  active: number;
  /** Whether it stands in the ring of hosts whose turn will come. */
  listed: boolean;
  /** No task is started before this moment of the clock. */
  pausedUntil: number;
}

export interface FrontierOptions<T> {
  /** Most tasks at a time, over all hosts. */
  readonly concurrency: number;
  /** Most tasks at a time to one host. */
  readonly perHost: number;
  /** Does the task; its place is free again when the promise resolves. It must not reject. */
  readonly run: (task: T) => Promise<void>;
  readonly now?: () => number;
}

/**
 * Tasks wait in a queue of their host, and hosts take turns: one task, then to the end of the ring. A host without a
 * free place leaves the ring until one of its tasks ends, so that choosing the next task is O(1) however many hosts
 * there are.
 */
export class Frontier<T extends FrontierTask> {
  readonly #options: FrontierOptions<T>;
  readonly #now: () => number;
  readonly #hosts = new Map<HostKey, HostQueue<T>>();
  readonly #ring = new Queue<HostQueue<T>>();
  /** Tasks to be queued again, and hosts whose pause ends, at their moments. */
  readonly #alarms = new AlarmList<() => void>();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #active = 0;
  #waiting = 0;
  #parked = 0;
  #held = false;

  constructor(options: FrontierOptions<T>) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** Tasks that could start if there were places. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Tasks that wait for their moment. */
  get parked(): number {
    return this.#parked;
  }

  get active(): number {
    return this.#active;
  }

  add(task: T): void {
    const queue = this.#queueOf(task.host);
    queue.waiting.push(task);
    this.#waiting += 1;
    this.#list(queue);
    this.#fill();
  }

  /** Adds the task at a later moment of the clock. It holds no place until then. */
  park(task: T, until: number): void {
    this.#parked += 1;
    this.#at(until, () => {
      this.#parked -= 1;
      this.add(task);
    });
  }

  /** Starts nothing more to this host before the moment; what is under way goes on. */
  pauseHost(host: HostKey, until: number): void {
    const queue = this.#queueOf(host);
    if (until <= queue.pausedUntil) return;
    queue.pausedUntil = until;
    this.#at(until, () => {
      this.#list(queue);
      this.#forgetIfUnused(queue);
      this.#fill();
    });
  }

  /** While held, no task starts; used when what was fetched cannot be taken off fast enough. */
  hold(held: boolean): void {
    this.#held = held;
    if (!held) this.#fill();
  }

  /** Starts nothing more; what is under way goes on. */
  stop(): void {
    this.#held = true;
    clearTimeout(this.#timer);
    this.#alarms.drain();
  }

  #queueOf(host: HostKey): HostQueue<T> {
    const known = this.#hosts.get(host);
    if (known !== undefined) return known;
    const queue = { host, waiting: new Queue<T>(), active: 0, listed: false, pausedUntil: 0 };
    this.#hosts.set(host, queue);
    return queue;
  }

  #list(queue: HostQueue<T>): void {
    const hasTurn = queue.waiting.size > 0 && queue.active < this.#options.perHost;
    if (queue.listed || !hasTurn || queue.pausedUntil > this.#now()) return;
    queue.listed = true;
    this.#ring.push(queue);
  }

  #fill(): void {
    while (!this.#held && this.#active < this.#options.concurrency) {
      const queue = this.#ring.shift();
      if (queue === undefined) return;
      queue.listed = false;
      if (queue.pausedUntil > this.#now()) continue;
      const task = queue.waiting.shift();
      if (task === undefined) continue;
      this.#start(queue, task);
      this.#list(queue);
    }
  }

  #start(queue: HostQueue<T>, task: T): void {
    this.#waiting -= 1;
    this.#active += 1;
    queue.active += 1;
    void this.#options.run(task).then(() => {
      this.#active -= 1;
      queue.active -= 1;
      this.#list(queue);
      this.#forgetIfUnused(queue);
      this.#fill();
    });
  }

  #forgetIfUnused(queue: HostQueue<T>): void {
    const isUsed = queue.active > 0 || queue.waiting.size > 0 || queue.pausedUntil > this.#now();
    if (!isUsed) this.#hosts.delete(queue.host);
  }

  #at(moment: number, action: () => void): void {
    this.#alarms.add(moment, action);
    if (moment < this.#timerAt) this.#setTimer(moment);
  }

  #setTimer(moment: number): void {
    clearTimeout(this.#timer);
    this.#timerAt = moment;
    this.#timer = setTimeout(() => this.#soundAlarms(), Math.max(0, moment - this.#now()));
  }

  #soundAlarms(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = this.#now();
    for (let action = this.#alarms.takeDue(now); action !== undefined; action = this.#alarms.takeDue(now))
      action();
    if (this.#alarms.next !== undefined) this.#setTimer(this.#alarms.next);
  }
}
