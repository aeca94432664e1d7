import type { IncomingHttpHeaders } from 'node:http';

/** How many there were, are, and were at once at the most. */
export interface Gauge {
  total: number;
  open: number;
  peak: number;
}

export interface HostStats {
  /** A connection counts for the host that its TLS handshake or else its first request named. */
  readonly connections: Gauge;
  readonly requests: Gauge;
  /** Requests by path with its query. */
  readonly paths: Record<string, number>;
  /** Every distinct value that a request header had, by lower-case name. */
  readonly headers: Record<string, string[]>;
}

export interface BoxStats {
  /** All TCP connections, also those that never named a host. */
  readonly connections: { readonly http: Gauge; readonly https: Gauge };
  readonly hosts: Readonly<Record<string, HostStats>>;
  /** Questions by type and name: `A host.example`. */
  readonly dns: Readonly<Record<string, number>>;
  /** The client's port of each question, in the order of the questions, by the same keys. */
  readonly dnsPorts: Readonly<Record<string, readonly number[]>>;
}

/** Counts what a box sees; whoever opens something gets the function that closes it. */
export class Counters {
  #servers = { http: newGauge(), https: newGauge() };
  #hosts = new Map<string, HostStats>();
  #dnsPorts = new Map<string, number[]>();

  openConnection(scheme: 'http' | 'https'): () => void {
    return enter(this.#servers[scheme]);
  }

  openHostConnection(host: string): () => void {
    return enter(this.#host(host).connections);
  }

  /** Connections that are open to the host now. */
  hostConnections(host: string): number {
    return this.#hosts.get(host)?.connections.open ?? 0;
  }

  openRequest(host: string, path: string, headers: IncomingHttpHeaders): () => void {
    const stats = this.#host(host);
    stats.paths[path] = (stats.paths[path] ?? 0) + 1;
    for (const [name, value] of Object.entries(headers)) {
      let values = stats.headers[name];
      if (values === undefined) stats.headers[name] = values = [];
      const text = String(value);
      if (!values.includes(text)) values.push(text);
    }
    return enter(stats.requests);
  }

  countQuestion(name: string, type: string, clientPort: number): void {
    const key = `${type} ${name}`;
    const ports = this.#dnsPorts.get(key) ?? [];
    ports.push(clientPort);
    this.#dnsPorts.set(key, ports);
  }

  /** A copy that later events do not change. */
  snapshot(): BoxStats {
    return structuredClone({
      connections: this.#servers,
      hosts: Object.fromEntries(this.#hosts),
      dns: Object.fromEntries([...this.#dnsPorts].map(([key, ports]) => [key, ports.length])),
      dnsPorts: Object.fromEntries(this.#dnsPorts),
    });
  }

  /** Forgets the past; what is open now stays counted, as open. */
  reset(): void {
    this.#dnsPorts.clear();
    for (const gauge of Object.values(this.#servers)) restart(gauge);
    for (const [host, stats] of this.#hosts) {
      restart(stats.connections);
      restart(stats.requests);
      if (stats.connections.open === 0 && stats.requests.open === 0) this.#hosts.delete(host);
      else this.#hosts.set(host, { ...stats, paths: {}, headers: {} });
    }
  }

  #host(host: string): HostStats {
    let stats = this.#hosts.get(host);
    if (stats === undefined) {
      stats = { connections: newGauge(), requests: newGauge(), paths: {}, headers: {} };
      this.#hosts.set(host, stats);
    }
    return stats;
  }
}

const newGauge = (): Gauge => ({ total: 0, open: 0, peak: 0 });

function enter(gauge: Gauge): () => void {
  gauge.total++;
  gauge.open++;
  gauge.peak = Math.max(gauge.peak, gauge.open);
  return () => {
    gauge.open--;
  };
}

function restart(gauge: Gauge): void {
  gauge.total = gauge.open;
  gauge.peak = gauge.open;
}
