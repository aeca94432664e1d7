import type { Socket } from 'node:net';
import type { PlannedHost } from '../model/plan-web.ts';
import { machineNow } from './machine-clock.ts';
import { Throttle } from './throttle.ts';

/** The statistics of the web, printed when it ends. */
export interface WebStats {
  readonly requests: number;
  /** Most requests for the same URL. */
  readonly mostRequestsOfUrl: number;
  readonly peakConnections: number;
  readonly peakConnectionsHost: string;
  /** Answers of throttling hosts, and how many of them were 429. */
  readonly throttling: { readonly answers: number; readonly tooMany: number };
  readonly questions: number;
  readonly mostQuestionsOfName: number;
  readonly mostQuestionsName: string;
  readonly handshakes: { readonly full: number; readonly resumed: number };
  /** Time of the client's first sign of life, by `machineNow`; null if there was none. */
  readonly firstContactAt: number | null;
  /** Images sent in each second from then on. */
  readonly imagesBySecond: readonly number[];
  /** CPU time of the web itself from then on. */
  readonly cpuSeconds: number;
}

/** Counters of one host. */
export class HostState {
  readonly planned: PlannedHost;
  readonly throttle: Throttle | null;
  connections = 0;
  peak = 0;
  requests = 0;
  tooMany = 0;

  constructor(planned: PlannedHost, throttles: boolean) {
    const { requestsPerSecond } = planned;
    this.planned = planned;
    this.throttle =
      throttles && requestsPerSecond !== null ? new Throttle(requestsPerSecond, performance.now()) : null;
  }
}

/** Counts what the client does. */
export class Counts {
  readonly hosts: readonly HostState[];
  readonly handshakes = { full: 0, resumed: 0 };
  readonly #requestsOf: Uint16Array;
  readonly #questions = new Map<string, number>();
  readonly #attributed = new WeakSet<Socket>();
  readonly #imagesBySecond: number[] = [];
  #cpuBefore = process.cpuUsage();
  #firstContactAt: number | null = null;

  constructor(hosts: readonly HostState[], rows: number) {
    this.hosts = hosts;
    this.#requestsOf = new Uint16Array(rows);
  }

  /** Milliseconds since the client's first sign of life, which is the first call. */
  elapsedMs(): number {
    if (this.#firstContactAt === null) {
      this.#firstContactAt = machineNow();
      this.#cpuBefore = process.cpuUsage();
    }
    return machineNow() - this.#firstContactAt;
  }

  /** Assigns the connection to this host; later calls change nothing. */
  attribute(socket: Socket, host: HostState): void {
    if (this.#attributed.has(socket)) return;
    this.#attributed.add(socket);
    host.connections += 1;
    host.peak = Math.max(host.peak, host.connections);
    socket.once('close', () => {
      host.connections -= 1;
    });
  }

  countQuestion(name: string): void {
    this.elapsedMs();
    this.#questions.set(name, (this.#questions.get(name) ?? 0) + 1);
  }

  countRequest(host: HostState, row: number): void {
    host.requests += 1;
    this.#requestsOf[row] = (this.#requestsOf[row] ?? 0) + 1;
  }

  countImage(): void {
    const second = Math.floor(this.elapsedMs() / 1000);
    this.#imagesBySecond[second] = (this.#imagesBySecond[second] ?? 0) + 1;
  }

  stats(): WebStats {
    const { user, system } = process.cpuUsage(this.#cpuBefore);
    const throttling = this.hosts.filter((host) => host.throttle !== null);
    const busiest = this.hosts.reduce((best, host) => (host.peak > best.peak ? host : best));
    const [mostQuestionsName, mostQuestionsOfName] = [...this.#questions].reduce(
      (best, entry) => (entry[1] > best[1] ? entry : best),
      ['', 0],
    );
    return {
      requests: total(this.hosts, (host) => host.requests),
      mostRequestsOfUrl: this.#requestsOf.reduce((most, count) => Math.max(most, count), 0),
      peakConnections: busiest.peak,
      peakConnectionsHost: busiest.planned.name,
      throttling: {
        answers: total(throttling, (host) => host.requests),
        tooMany: total(throttling, (host) => host.tooMany),
      },
      questions: total([...this.#questions.values()], (count) => count),
      mostQuestionsOfName,
      mostQuestionsName,
      handshakes: this.handshakes,
      firstContactAt: this.#firstContactAt,
      imagesBySecond: Array.from(this.#imagesBySecond, (count) => count ?? 0),
      cpuSeconds: (user + system) / 1e6,
    };
  }
}

function total<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}
