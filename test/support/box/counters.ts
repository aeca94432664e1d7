import type { IncomingHttpHeaders } from 'node:http';

/** How many there were in total, how many are open, and the most at the same time. */
export interface Gauge {
  total: number;
  open: number;
  peak: number;
}

export interface HostStats {
  /** A connection counts for the host that its TLS handshake named, or otherwise its first request. */
  readonly connections: Gauge;
  readonly requests: Gauge;
  /** Requests by path with query. */
  readonly paths: Record<string, number>;
  /** Every distinct value of each request header, by lower-case name. */
  readonly headers: Record<string, string[]>;
}

export interface BoxStats {
  /** All TCP connections, including those that never named a host. */
  readonly connections: { readonly http: Gauge; readonly https: Gauge };
  readonly hosts: Readonly<Record<string, HostStats>>;
  /** Questions by type and name: `A host.example`. */
  readonly dns: Readonly<Record<string, number>>;
  /** The client's port of each question, in order, by the same keys. */
  readonly dnsPorts: Readonly<Record<string, readonly number[]>>;
}

/** Counts what a box sees. Opening something returns the function that closes it. */
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

  /** Connections open to the host now. */
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

  /** A copy; later events do not change it. */
  snapshot(): BoxStats {
    return structuredClone({
      connections: this.#servers,
      hosts: Object.fromEntries(this.#hosts),
      dns: Object.fromEntries([...this.#dnsPorts].map(([key, ports]) => [key, ports.length])),
      dnsPorts: Object.fromEntries(this.#dnsPorts),
    });
  }

  /** Clears all counts but those of open connections and requests. */
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
