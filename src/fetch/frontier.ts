import type { HostKey } from '../core/samples.ts';
import { Heap } from '../util/heap.ts';

export interface FrontierTask {
  readonly host: HostKey;
  /** Place in the order of the index; the least goes first. */
  readonly order: number;
}

interface HostQueue<T> {
  readonly host: HostKey;
  readonly waiting: Heap<T>;
  active: number;
  /** Order under which it stands among the hosts that may start a task; Infinity where it does not. */
  listedAt: number;
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
 * Tasks wait in a queue of their host. Next is the oldest task whose host has a free place: shards are settled about
 * in their order, stragglers and later attempts go first, and a host with many tasks is busy from the start instead
 * of being what the run ends with. O(log n) a task, however many hosts there are.
 */
export class Frontier<T extends FrontierTask> {
  readonly #options: FrontierOptions<T>;
  readonly #now: () => number;
  readonly #hosts = new Map<HostKey, HostQueue<T>>();
  /** Hosts with a task and a free place, by their oldest task. */
  readonly #ready = new Heap<HostQueue<T>>();
  /** Tasks to be queued again, and hosts whose pause ends, at their moments. */
  readonly #alarms = new Heap<() => void>();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #active = 0;
  #waiting = 0;
  #parked = 0;
  #held = false;
  #stopped = false;

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
    queue.waiting.push(task.order, task);
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
    this.#held = held || this.#stopped;
    this.#fill();
  }

  /** Starts nothing more; what is under way goes on. */
  stop(): void {
    this.#stopped = true;
    this.#held = true;
    clearTimeout(this.#timer);
    this.#alarms.clear();
  }

  #queueOf(host: HostKey): HostQueue<T> {
    const known = this.#hosts.get(host);
    if (known !== undefined) return known;
    const queue = {
      host,
      waiting: new Heap<T>(),
      active: 0,
      listedAt: Number.POSITIVE_INFINITY,
      pausedUntil: 0,
    };
    this.#hosts.set(host, queue);
    return queue;
  }

  #list(queue: HostQueue<T>): void {
    const oldest = queue.waiting.leastKey;
    const mayStart = queue.active < this.#options.perHost && queue.pausedUntil <= this.#now();
    if (oldest === undefined || oldest >= queue.listedAt || !mayStart) return;
    // An entry that it has under a younger task's order is left behind, and passed over when it comes up.
    queue.listedAt = oldest;
    this.#ready.push(oldest, queue);
  }

  #fill(): void {
    while (!this.#held && this.#active < this.#options.concurrency) {
      const order = this.#ready.leastKey;
      const queue = this.#ready.pop();
      if (queue === undefined) return;
      if (order !== queue.listedAt) continue;
      queue.listedAt = Number.POSITIVE_INFINITY;
      if (queue.pausedUntil > this.#now()) continue;
      const task = queue.waiting.pop();
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
    if (this.#stopped) return;
    this.#alarms.push(moment, action);
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
    while ((this.#alarms.leastKey ?? Number.POSITIVE_INFINITY) <= now) this.#alarms.pop()?.();
    if (this.#alarms.leastKey !== undefined) this.#setTimer(this.#alarms.leastKey);
  }
}
