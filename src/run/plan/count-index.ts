import type { FailureCode } from '../../core/failures.ts';
import type { HostKey } from '../../core/samples.ts';
import { parseTarget } from '../../fetch/target.ts';
import { DistinctCount } from '../../util/distinct-count.ts';

/** Hosts told apart; one that has not shown up among so many is none of the largest. Some 100 bytes each. */
const MAX_HOSTS = 8_000_000;
const LARGEST = 10;

export interface HostRows {
  readonly host: HostKey;
  readonly rows: number;
}

/** What an index asks for, counted. */
export interface IndexCounts {
  readonly rows: number;
  /** Rows whose URL would be asked for; all others are in `unusable`. */
  readonly usable: number;
  /** Rows that would end without a request, by their failure. */
  readonly unusable: ReadonlyMap<FailureCode, number>;
  /** Usable rows by the scheme of their URL: `https`, `http`. */
  readonly schemes: ReadonlyMap<string, number>;
  /** Usable rows whose URL, without fragment, an earlier row has; `margin` is 0 where that is exact. */
  readonly duplicates: { readonly rows: number; readonly margin: number };
  readonly hosts: {
    readonly count: number;
    /** False where there are more than were told apart. */
    readonly complete: boolean;
    /** The ten with most rows, the largest first. */
    readonly largest: readonly HostRows[];
    /** Rows that the largest 10, 100 and 1,000 hosts have together; only as far as there are so many. */
    readonly heads: readonly { readonly hosts: number; readonly rows: number }[];
  };
  /** Mean area of the pictures by what the index says of their sizes; null where it says nothing. */
  readonly meanPixels: number | null;
}

export interface CountedRow {
  readonly url: string | null;
  readonly unreadable?: string;
  readonly tooLong?: FailureCode;
  /** Area of the picture as the index has it. */
  readonly pixels: number | null;
}

export class IndexCounter {
  readonly #mayAsk: (port: number) => boolean;
  readonly #maxHosts: number;
  readonly #urls: DistinctCount;
  readonly #unusable = new Map<FailureCode, number>();
  readonly #schemes = new Map<string, number>();
  readonly #hosts = new Map<HostKey, number>();
  #complete = true;
  #rows = 0;
  #usable = 0;
  #pixels = 0;
  #sized = 0;

  /** `mayAsk`: whether a port may be dialled at all. */
  constructor(
    mayAsk: (port: number) => boolean,
    { maxHosts = MAX_HOSTS, urls = new DistinctCount() }: { maxHosts?: number; urls?: DistinctCount } = {},
  ) {
    this.#mayAsk = mayAsk;
    this.#maxHosts = maxHosts;
    this.#urls = urls;
  }

  take({ url, unreadable, tooLong, pixels }: CountedRow): void {
    this.#rows += 1;
    const refused = unreadable === undefined ? tooLong : 'bad_row';
    const target = refused === undefined ? parseTarget(url) : { code: refused };
    if ('code' in target) increment(this.#unusable, target.code);
    else if (!this.#mayAsk(target.port)) increment(this.#unusable, 'port_refused');
    else {
      this.#usable += 1;
      increment(this.#schemes, target.url.protocol.slice(0, -1));
      this.#urls.add(target.url.href);
      this.#takeHost(target.host);
      if (pixels !== null && pixels > 0 && Number.isFinite(pixels)) {
        this.#pixels += pixels;
        this.#sized += 1;
      }
    }
  }

  #takeHost(host: HostKey): void {
    const rows = this.#hosts.get(host);
    if (rows !== undefined) this.#hosts.set(host, rows + 1);
    else if (this.#hosts.size >= this.#maxHosts) this.#complete = false;
    // A host name may be a slice that keeps its whole URL in memory.
    else this.#hosts.set(Buffer.from(host).toString() as HostKey, 1);
  }

  get result(): IndexCounts {
    const distinct = this.#urls.result;
    return {
      rows: this.#rows,
      usable: this.#usable,
      unusable: this.#unusable,
      schemes: this.#schemes,
      duplicates: { rows: Math.max(0, this.#usable - distinct.count), margin: distinct.margin },
      hosts: { count: this.#hosts.size, complete: this.#complete, ...rank(this.#hosts) },
      meanPixels: this.#sized === 0 ? null : this.#pixels / this.#sized,
    };
  }
}

function rank(hosts: ReadonlyMap<HostKey, number>): Pick<IndexCounts['hosts'], 'largest' | 'heads'> {
  const rows = Float64Array.from(hosts.values()).sort().reverse();
  const least = rows[Math.min(LARGEST, rows.length) - 1] ?? 0;
  const candidates: HostRows[] = [];
  for (const [host, count] of hosts) if (count >= least) candidates.push({ host, rows: count });
  const largest = candidates.sort((a, b) => b.rows - a.rows).slice(0, LARGEST);
  const heads = [10, 100, 1000]
    .filter((count) => count <= rows.length)
    .map((count) => ({ hosts: count, rows: rows.subarray(0, count).reduce((sum, each) => sum + each, 0) }));
  return { largest, heads };
}

function increment<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
