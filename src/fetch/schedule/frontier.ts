import type { HostKey } from '../../core/samples.ts';
import { steadyNow } from '../../util/clock.ts';
import type { Heap } from '../../util/heap.ts';
import type { Host } from '../hosts/host.ts';
import type { Closure } from '../hosts/host-record.ts';
import { Alarms } from './alarms.ts';
import { CongestionWindow } from './congestion-window.ts';
import type { FrontierOptions } from './frontier-options.ts';
import { HostQueue, type QueuedRow } from './host-queue.ts';
import { type AttemptLimits, type Outlook, outlookOf, refusingHosts, type UnsettledRows } from './outlook.ts';
import { Places } from './places.ts';
import { ReadyHosts } from './ready-hosts.ts';
import { RecentQueues } from './recent-hosts.ts';
import { StartRate } from './start-rate.ts';

/** Maximum rows that a recently used host may jump ahead: without a limit, no shard ends before the run does. */
const MAX_AHEAD = 4_096;

/**
 * Decides which row starts next. Rows wait in one queue for each host. The oldest row whose host has a free place comes
 * first, so that shards end about in their order. Three rules go before that order. A limited host, and one with so many
 * rows that it may end last, is asked as soon as it may be, because it cannot catch up later. Most other places go to
 * unknown hosts, so that the run discovers those that never answer before its end. A host that has just answered is asked
 * again while its connection is open, for all its rows if it is a small host, else when it is the turn of fast hosts: a
 * new connection costs more than an answer. One that has just been asked for its rules goes on with a row at once. O(log n)
 * a row for any number of hosts.
 */
export class Frontier<T extends QueuedRow> {
  readonly #options: FrontierOptions<T>;
  readonly #now: () => number;
  readonly hosts = new Map<HostKey, HostQueue<T>>();
  readonly #ready = new ReadyHosts<HostQueue<T>>();
  readonly #recent = new RecentQueues<T>();
  /** Rows that return to their queues, and hosts that may go on, at their moments. */
  readonly #alarms: Alarms;
  /** Rows outside the queues: under way since a moment, or with null waiting for one. */
  readonly #outside = new Map<T, number | null>();
  readonly #window: CongestionWindow;
  readonly #places: Places<T>;
  /** The next moment at which the frontier checks whether any row may start. */
  #fillsAt = 0;
  #active = 0;
  #waiting = 0;
  #queued = 0;
  #parked = 0;
  readonly #rate = new StartRate();
  #isPaused = false;
  #isHeld = false;
  #isStopped = false;

  constructor(options: FrontierOptions<T>) {
    this.#options = options;
    this.#now = options.now ?? steadyNow;
    this.#alarms = new Alarms(this.#now);
    this.#window = new CongestionWindow(options.concurrency);
    this.#places = new Places<T>(options.addressLimit, (queue) => this.#granted(queue));
  }

  /** Rows that could start if there were places. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Rows that wait until a moment of their own or of their host. */
  get delayed(): number {
    return this.#parked + this.#queued - this.#waiting;
  }

  get active(): number {
    return this.#active;
  }

  /** What becomes of the rows that wait for their hosts. */
  outlook(limits: AttemptLimits): Outlook {
    return outlookOf(this.#unsettled, limits, this.#now());
  }

  /** Closes hosts that refuse everything and have rows of this shard; not those that may be asked before `until` and have refused for less than `patienceMs`. */
  giveUp(shard: number, until: number, patienceMs = Number.POSITIVE_INFINITY): void {
    const now = this.#now();
    for (const host of refusingHosts(this.#unsettled, shard)) {
      const mayWait = until > now && host.opensAt < until && host.refusedForMs(now) < patienceMs;
      if (mayWait || host.closure(now) !== null) continue;
      host.giveUp(now);
      const queue = this.hosts.get(host.name);
      if (queue !== undefined) this.#list(queue);
    }
  }

  add(row: T): void {
    this.#outside.delete(row);
    const queue = this.#queueOf(row.host);
    queue.rows.push(row);
    this.#queued += 1;
    this.#list(queue);
    if (row.asks) this.#recent.answeredRules(queue, this.#now());
    this.#fill();
  }

  /** Adds the row at a later moment of the clock. Until then it takes no place. */
  park(row: T, until: number): void {
    this.#parked += 1;
    this.#outside.set(row, null);
    this.#alarms.at(until, () => {
      this.#parked -= 1;
      this.add(row);
    });
  }

  /** The rules of a host have been asked for: its rows may start, except those that `stays` ends. */
  review(name: HostKey, stays: (row: T) => boolean): void {
    const queue = this.hosts.get(name);
    if (queue === undefined) return;
    this.#queued -= queue.rows.filter(stays);
    this.#list(queue);
    this.#recent.answeredRules(queue, this.#now());
    this.#fill();
  }

  /** What a host permits has changed: its rows may start, or end because it is closed. */
  relist(name: HostKey): void {
    const queue = this.hosts.get(name);
    if (queue === undefined) return;
    this.#list(queue);
    this.#fill();
  }

  /** Back-pressure: no row starts while it is high, because bodies arrive faster than they can be processed. */
  setPressure(isHigh: boolean): void {
    if (isHigh) this.#window.congested(this.#now());
    this.#isPaused = isHigh;
    this.#fill();
  }

  /** Starts no row while paused; rows under way go on. Unlike pressure, a pause is no sign of congestion. */
  pause(isPaused: boolean): void {
    this.#isHeld = isPaused;
    this.#fill();
  }

  /** Starts no further row; rows under way go on. */
  stop(): void {
    this.#isStopped = true;
    this.#alarms.stop();
  }

  #queueOf(host: HostKey): HostQueue<T> {
    const known = this.hosts.get(host);
    if (known !== undefined) return known;
    const queue = new HostQueue<T>(this.#options.book.take(host, this.#now()), this.#options.rules?.isAsked);
    this.hosts.set(host, queue);
    return queue;
  }

  /** Puts a host where it belongs: on a list of hosts that may start a row, among those to wake later, or nowhere. */
  #list(queue: HostQueue<T>): void {
    const { host, rows } = queue;
    const now = this.#now();
    const closure = host.closure(now);
    if (closure !== null) this.#refuseAll(queue, closure);
    const counted = host.isPaced(now) ? 0 : rows.size;
    this.#waiting += counted - queue.counted;
    queue.counted = counted;

    const oldest = rows.leastOrder;
    if (oldest === undefined) {
      if (host.active === 0) this.#forget(queue);
    } else if (queue.isBlocked) {
      // Listed again by `review`.
    } else if (host.active >= host.connectionLimit(now)) this.#wake(queue, host.hangsAt(now));
    else {
      const speed = queue.speed(this.#rate.msFor(this.#queued, now));
      if (host.opensAt > now) this.#wake(queue, host.opensAt);
      else if (queue.place !== 'waiting' && (oldest < queue.listedAt || speed !== queue.listedAs)) {
        // An older entry, on another list or under a younger row's order, stays behind and is skipped when it comes up.
        queue.listedAt = oldest;
        queue.listedAs = speed;
        this.#ready.of[speed].push(oldest, queue);
      }
    }
    this.#places.returnUnused(queue, now);
  }

  /** The host has got a place at its address. It may have been forgotten, and come back with another queue. */
  #granted(queue: HostQueue<T>): boolean {
    if (this.hosts.get(queue.host.name) !== queue) return false;
    this.#list(queue);
    this.#fill();
    return true;
  }

  #fill(): void {
    const { concurrency, limits } = this.#options;
    while (!(this.#isPaused || this.#isHeld || this.#isStopped) && this.#active < concurrency) {
      const ready = this.#ready.next();
      if (ready.leastKey === undefined) return;
      const now = this.#now();
      const opensAt = Math.max(limits.opensAt, this.#window.opensAt(now));
      if (opensAt > now) {
        this.#wakeForAll(opensAt, now);
        return;
      }
      const queue = this.#recent.next(now) ?? this.#take(ready, now);
      if (queue === undefined) continue;
      queue.listedAt = Number.POSITIVE_INFINITY;
      if (queue.rows.size > 0 && queue.mayStart(now) && this.#places.take(queue)) {
        const row = queue.next(now);
        if (row !== undefined && this.#mayStart(queue, row)) this.#start(queue, row);
      }
      this.#list(queue);
    }
  }

  /** The host with the oldest row on the list, or a recent fast host; undefined if the entry is outdated. */
  #take(ready: Heap<HostQueue<T>>, now: number): HostQueue<T> | undefined {
    const order = ready.leastKey ?? Number.POSITIVE_INFINITY;
    const recent = ready === this.#ready.of.fast ? this.#recent.nextFast(order + MAX_AHEAD, now) : undefined;
    if (recent !== undefined) return recent;
    const queue = ready.pop();
    return queue?.listedAt === order ? queue : undefined;
  }

  /** Whether the rules of its host let a row start. */
  #mayStart(queue: HostQueue<T>, row: T): boolean {
    if (this.#options.rules?.start(row) ?? true) return true;
    this.#queued -= 1;
    this.#places.leave(queue);
    return false;
  }

  #start(queue: HostQueue<T>, row: T): void {
    this.#queued -= 1;
    this.#active += 1;
    const { host } = queue;
    queue.isNext = false;
    this.#ready.started(host.isFast);
    const now = this.#now();
    const start = this.#window.begin(now);
    this.#outside.set(row, now);
    this.#rate.started(now);
    const isOver = queue.begin(row, now);
    void this.#options.run(row, host, host.begin(now)).then(() => {
      const endedAt = this.#now();
      this.#active -= 1;
      if (this.#outside.get(row) === now) this.#outside.delete(row);
      // Congestion that lasts counts again: requests under way keep bringing more.
      if (this.#isPaused) this.#window.congested(endedAt);
      this.#window.end(start, endedAt);
      host.leave();
      isOver(endedAt);
      this.#places.leave(queue);
      this.#list(queue);
      this.#recent.answered(queue, endedAt);
      this.#fill();
    });
  }

  get #unsettled(): UnsettledRows<T> {
    const hostOf = ({ host }: T): Host | undefined => this.#options.book.find(host);
    return { queues: this.hosts.values(), outside: this.#outside, hostOf };
  }

  #refuseAll({ rows }: HostQueue<T>, closure: Closure): void {
    this.#queued -= rows.size;
    for (let row = rows.pop(); row !== undefined; row = rows.pop()) this.#options.refuse(row, closure);
  }

  #forget(queue: HostQueue<T>): void {
    this.hosts.delete(queue.host.name);
    this.#options.book.rest(queue.host, this.#now());
  }

  #wake(queue: HostQueue<T>, moment: number): void {
    if (queue.wakesAt <= moment) return;
    queue.wakesAt = moment;
    this.#alarms.at(moment, () => {
      if (queue.wakesAt !== moment) return;
      queue.wakesAt = Number.POSITIVE_INFINITY;
      // The host may have been forgotten meanwhile, and come back with another queue.
      if (this.hosts.get(queue.host.name) !== queue) return;
      this.#list(queue);
      this.#fill();
    });
  }

  #wakeForAll(moment: number, now: number): void {
    if (this.#fillsAt > now && this.#fillsAt <= moment) return;
    this.#fillsAt = moment;
    this.#alarms.at(moment, () => this.#fill());
  }
}
