import type { HostKey } from '../../core/samples.ts';
import { steadyNow } from '../../util/clock.ts';
import { Heap } from '../../util/heap.ts';
import type { Closure, Host, Visit } from '../hosts/host.ts';
import type { HostBook } from '../hosts/host-book.ts';
import { CongestionWindow } from './congestion-window.ts';
import { RecentHosts } from './recent-hosts.ts';
import type { RunLimits } from './run-limits.ts';

export interface QueuedRow {
  readonly host: HostKey;
  /** Place in the order of the index; the least goes first. */
  readonly order: number;
}

interface HostQueue<T> {
  readonly manners: Host;
  readonly waiting: Heap<T>;
  /** How many of its waiting tasks count as such: none while only time lets them start. */
  counted: number;
  /** Order under which it stands among the hosts that may start a task; Infinity where it does not. */
  listedAt: number;
  /** Among which of them it was last put. */
  listedAs: Readiness;
  /** The moment at which it is looked at again. */
  wakesAt: number;
}

export interface FrontierOptions<T> {
  /** Most tasks at a time, over all hosts. */
  readonly concurrency: number;
  readonly book: HostBook;
  readonly gate: RunLimits;
  /**
   * Does the task, and lets the host's manners learn from it; its place is free again when the promise resolves. It
   * must not reject.
   */
  readonly run: (task: T, manners: Host, visit: Visit) => Promise<void>;
  /** Ends a task whose host is closed. */
  readonly refuse: (task: T, closure: Closure) => void;
  readonly now?: () => number;
}

/**
 * Rows that a run keeps waiting in the queues of their hosts: enough that no burst of one host in the index stops the
 * others, and that a host which may never answer shows it well before the end.
 */
export const READ_AHEAD_ROWS = 16_384;

/** Tasks of hosts that may be slow for each of one that is not, while both wait. */
const UNSURE_BY_QUICK = 2;

/** A host of fewer tasks, once it has answered, goes on until they are done: they cost less now than another connection. */
const FEW = 16;

/** How much younger a task may be that goes first since its host is warm: without a bound, no shard ends before the run does. */
const MAX_AHEAD = 4_096;

type Readiness = 'rationed' | 'quick' | 'unsure';

/**
 * Tasks wait in a queue of their host. Next is the oldest task whose host has a free place: shards are settled about
 * in their order, and a host with many tasks is busy from the start instead of being what the run ends with. A host
 * that gives only so much in its time is asked as soon as it may be: what it is not asked for then, it cannot make up
 * for. Most other places are for hosts of which it is not known that they answer soon, so that those which never do
 * have shown it before the end. A host that has just answered is asked again while its connection stands, for all of its
 * tasks if they are few, else when it is the turn of hosts that answer: another connection costs more than the answer.
 * O(log n) a task, however many hosts there are.
 */
export class Frontier<T extends QueuedRow> {
  readonly #options: FrontierOptions<T>;
  readonly #now: () => number;
  readonly #hosts = new Map<HostKey, HostQueue<T>>();
  /** Hosts with a task and a free place, by their oldest task: those that ration, that are known to answer soon, and the others. */
  readonly #ready: Readonly<Record<Readiness, Heap<HostQueue<T>>>> = {
    rationed: new Heap(),
    quick: new Heap(),
    unsure: new Heap(),
  };
  /** Quick hosts that have answered and have more tasks. */
  readonly #warm = new RecentHosts<HostQueue<T>>();
  /** The same of few tasks. */
  readonly #few = new RecentHosts<HostQueue<T>>();
  /** Tasks started since the last that was the turn of a quick host. */
  #sinceQuick = 0;
  /** Tasks to be queued again, and hosts that may go on, at their moments. */
  readonly #alarms = new Heap<() => void>();
  readonly #window: CongestionWindow;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  /** The moment at which it is looked whether any task may start. */
  #fillsAt = 0;
  #active = 0;
  #waiting = 0;
  #queued = 0;
  #parked = 0;
  #held = false;
  #stopped = false;

  constructor(options: FrontierOptions<T>) {
    this.#options = options;
    this.#now = options.now ?? steadyNow;
    this.#window = new CongestionWindow(options.concurrency);
  }

  /** Tasks that could start if there were places. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Tasks that wait for their moment, or for their host's. */
  get delayed(): number {
    return this.#parked + this.#queued - this.#waiting;
  }

  get active(): number {
    return this.#active;
  }

  add(task: T): void {
    const queue = this.#queueOf(task.host);
    queue.waiting.push(task.order, task);
    this.#queued += 1;
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

  /** While paused, no task starts; used when what was fetched cannot be processed fast enough. */
  hold(held: boolean): void {
    if (held) this.#window.congested(this.#now());
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
      manners: this.#options.book.take(host),
      waiting: new Heap<T>(),
      counted: 0,
      listedAt: Number.POSITIVE_INFINITY,
      listedAs: 'unsure' as const,
      wakesAt: Number.POSITIVE_INFINITY,
    };
    this.#hosts.set(host, queue);
    return queue;
  }

  /** Brings a host to where it belongs: among those that may start a task, to be woken, or out of sight. */
  #list(queue: HostQueue<T>): void {
    const { manners, waiting } = queue;
    const now = this.#now();
    const closure = manners.closure(now);
    if (closure !== null) this.#refuseAll(queue, closure);
    const counted = manners.isPaced(now) ? 0 : waiting.size;
    this.#waiting += counted - queue.counted;
    queue.counted = counted;

    const oldest = waiting.leastKey;
    if (oldest === undefined) {
      if (manners.active === 0) this.#forget(queue);
    } else if (manners.active < manners.connectionLimit) {
      const readiness = readinessOf(manners);
      if (manners.opensAt > now) this.#wake(queue, manners.opensAt);
      else if (oldest < queue.listedAt || readiness !== queue.listedAs) {
        // An entry that it has elsewhere, or under a younger task's order, is left behind, and passed over when it comes up.
        queue.listedAt = oldest;
        queue.listedAs = readiness;
        this.#ready[readiness].push(oldest, queue);
      }
    }
  }

  #fill(): void {
    const { concurrency, gate } = this.#options;
    while (!this.#held && this.#active < concurrency) {
      const ready = this.#nextReady();
      if (ready.leastKey === undefined) return;
      const now = this.#now();
      const opensAt = Math.max(gate.opensAt, this.#window.opensAt(now));
      if (opensAt > now) {
        this.#wakeForAll(opensAt, now);
        return;
      }
      const queue = this.#nextWarm(this.#few, Number.POSITIVE_INFINITY, now) ?? this.#take(ready, now);
      if (queue === undefined) continue;
      queue.listedAt = Number.POSITIVE_INFINITY;
      if (mayStart(queue.manners, now)) {
        const task = queue.waiting.pop();
        if (task !== undefined) this.#start(queue, task);
      }
      this.#list(queue);
    }
  }

  /** The hosts whose turn it is, unless there are none. */
  #nextReady(): Heap<HostQueue<T>> {
    const { rationed, quick, unsure } = this.#ready;
    if (rationed.leastKey !== undefined) return rationed;
    const [first, other] = this.#sinceQuick < UNSURE_BY_QUICK ? [unsure, quick] : [quick, unsure];
    return first.leastKey === undefined ? other : first;
  }

  /** The host with the oldest task among those ready, or a quick one that is warm; undefined where the entry is an old one. */
  #take(ready: Heap<HostQueue<T>>, now: number): HostQueue<T> | undefined {
    const order = ready.leastKey ?? Number.POSITIVE_INFINITY;
    const warm = ready === this.#ready.quick ? this.#nextWarm(this.#warm, order + MAX_AHEAD, now) : undefined;
    if (warm !== undefined) return warm;
    const queue = ready.pop();
    return queue?.listedAt === order ? queue : undefined;
  }

  /** The latest of these hosts that may be asked for a task older than `before`. */
  #nextWarm(hosts: RecentHosts<HostQueue<T>>, before: number, now: number): HostQueue<T> | undefined {
    return hosts.take(now, ({ manners, waiting, listedAs }) => {
      const order = waiting.leastKey ?? Number.POSITIVE_INFINITY;
      return listedAs === 'quick' && order < before && mayStart(manners, now);
    });
  }

  #start(queue: HostQueue<T>, task: T): void {
    this.#queued -= 1;
    this.#active += 1;
    const { manners } = queue;
    this.#sinceQuick = manners.isFast ? 0 : this.#sinceQuick + 1;
    const now = this.#now();
    const start = this.#window.begin(now);
    void this.#options.run(task, manners, manners.begin(now)).then(() => {
      this.#active -= 1;
      const endedAt = this.#now();
      // Congestion that lasts counts again: the requests under way keep bringing more.
      if (this.#held) this.#window.congested(endedAt);
      this.#window.end(start, endedAt);
      manners.leave();
      this.#list(queue);
      if (queue.listedAs === 'quick' && queue.waiting.size > 0) {
        const hosts = queue.waiting.size < FEW ? this.#few : this.#warm;
        hosts.answered(queue, this.#now());
      }
      this.#fill();
    });
  }

  #refuseAll({ waiting }: HostQueue<T>, closure: Closure): void {
    this.#queued -= waiting.size;
    for (let task = waiting.pop(); task !== undefined; task = waiting.pop())
      this.#options.refuse(task, closure);
  }

  #forget(queue: HostQueue<T>): void {
    this.#hosts.delete(queue.manners.host);
    this.#options.book.rest(queue.manners, this.#now());
  }

  #wake(queue: HostQueue<T>, moment: number): void {
    if (queue.wakesAt <= moment) return;
    queue.wakesAt = moment;
    this.#at(moment, () => {
      if (queue.wakesAt !== moment) return;
      queue.wakesAt = Number.POSITIVE_INFINITY;
      // Forgotten meanwhile, and perhaps known again under another queue.
      if (this.#hosts.get(queue.manners.host) !== queue) return;
      this.#list(queue);
      this.#fill();
    });
  }

  #wakeForAll(moment: number, now: number): void {
    if (this.#fillsAt > now && this.#fillsAt <= moment) return;
    this.#fillsAt = moment;
    this.#at(moment, () => this.#fill());
  }

  #at(moment: number, action: () => void): void {
    if (this.#stopped) return;
    this.#alarms.push(moment, action);
    if (moment < this.#timerAt) this.#setTimer(moment);
  }

  #setTimer(moment: number): void {
    clearTimeout(this.#timer);
    this.#timerAt = moment;
    this.#timer = setTimeout(() => this.#soundAlarms(), Math.max(0, Math.ceil(moment - this.#now())));
  }

  #soundAlarms(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = this.#now();
    while ((this.#alarms.leastKey ?? Number.POSITIVE_INFINITY) <= now) this.#alarms.pop()?.();
    if (this.#alarms.leastKey !== undefined) this.#setTimer(this.#alarms.leastKey);
  }
}

function readinessOf({ isLimited, isFast }: Host): Readiness {
  if (isLimited) return 'rationed';
  return isFast ? 'quick' : 'unsure';
}

function mayStart({ active, connectionLimit: allowance, opensAt }: Host, now: number): boolean {
  return active < allowance && opensAt <= now;
}
