import type { FailureCode } from '../../core/failures.ts';
import type { HeldImage, HostKey, KeyFailure } from '../../core/samples.ts';
import { isStoreUrl } from '../../fetch/stores/store-url.ts';
import { parseTarget } from '../../fetch/target.ts';
import type { SumSink } from '../../inputs/file/index-file.ts';
import { DistinctCount } from '../../util/distinct-count.ts';
import { heldRefusal } from '../stages/held-refusal.ts';

/** Maximum distinct hosts: a host that first occurs after so many others is not among the largest. About 100 bytes each. */
const MAX_HOSTS = 8_000_000;
const LARGEST = 10;
/** No smaller host bounds a run. */
const MOST_SIZES = 10_000;

export interface HostRows {
  readonly host: HostKey;
  readonly rows: number;
}

/** Counts of an index's rows. */
export interface IndexCounts {
  readonly rows: number;
  /** Rows whose URL would be requested, or whose image would be decoded; all others are in `unusable`. */
  readonly usable: number;
  /** Rows that would end without a request and without an image of the index, by their failure. */
  readonly unusable: ReadonlyMap<FailureCode, number>;
  /** Usable rows by the scheme of their URL: `https`, `http`. */
  readonly schemes: ReadonlyMap<string, number>;
  /** Usable rows whose URL, without fragment, an earlier row has; `margin` is 0 if the count is exact. */
  readonly duplicates: { readonly rows: number; readonly margin: number };
  readonly hosts: {
    readonly count: number;
    /** False if there are more hosts than were counted. */
    readonly complete: boolean;
    /** The ten hosts with the most rows, largest first, and equal ones by name. */
    readonly largest: readonly HostRows[];
    /** Total rows of the largest 10, 100 and 1,000 hosts, as far as there are so many. */
    readonly heads: readonly { readonly hosts: number; readonly rows: number }[];
    /** Rows of the largest 10,000 hosts, largest first. */
    readonly sizes: readonly number[];
  };
  /** Mean area of the images in pixels, by the sizes in the index; null if it has none. */
  readonly meanPixels: number | null;
  /** Bytes of the images that usable rows hold themselves; null if images are requested. */
  readonly heldBytes: number | null;
}

export interface CountedRow {
  readonly url: string | null;
  readonly unreadable?: string;
  readonly tooLong?: FailureCode;
  readonly keyFailure?: Pick<KeyFailure, 'code'>;
  readonly image?: HeldImage | null;
  /** Area of the image in pixels, by its size in the index. */
  readonly pixels: number | null;
}

interface CountOptions {
  readonly maxHosts?: number;
  readonly urls?: DistinctCount;
  /** What relative URLs are relative to. */
  readonly baseUrl?: string | null;
  /** Places in stores whose objects are fetched, too. */
  readonly allowStore?: readonly string[];
  /** Whether rows hold their images, and the limits of their length. */
  readonly fromTar?: boolean;
  readonly minBytes?: number;
  readonly maxBytes?: number;
}

/** Counts the rows of an index, in bounded memory: one by one, or sums of rows whose URLs would all be requested. */
export class IndexCounter implements SumSink {
  readonly #mayAsk: (port: number) => boolean;
  readonly #maxHosts: number;
  readonly #baseUrl: string | null;
  readonly #allowStore: readonly string[];
  readonly #urls: DistinctCount;
  readonly #unusable = new Map<FailureCode, number>();
  readonly #schemes = new Map<string, number>();
  readonly #hosts = new Map<HostKey, number>();
  /** Null if images are requested. */
  readonly #heldLimits: { readonly minBytes: number; readonly maxBytes: number } | null;
  #heldBytes = 0;
  #complete = true;
  #rows = 0;
  #usable = 0;
  #pixels = 0;
  #sized = 0;

  /** `mayAsk`: whether connections to a port are allowed. */
  constructor(
    mayAsk: (port: number) => boolean,
    {
      maxHosts = MAX_HOSTS,
      urls = new DistinctCount(),
      baseUrl = null,
      allowStore = [],
      fromTar = false,
      minBytes = 0,
      maxBytes = Number.POSITIVE_INFINITY,
    }: CountOptions = {},
  ) {
    this.#mayAsk = mayAsk;
    this.#maxHosts = maxHosts;
    this.#urls = urls;
    this.#baseUrl = baseUrl;
    this.#allowStore = allowStore;
    this.#heldLimits = fromTar ? { minBytes, maxBytes } : null;
  }

  take(row: CountedRow): void {
    const { unreadable, tooLong, keyFailure } = row;
    this.#rows += 1;
    const refused = unreadable === undefined ? (tooLong ?? keyFailure?.code) : 'bad_row';
    if (this.#heldLimits === null) this.#takeRequest(row, refused);
    else this.#takeHeld(row, refused ?? heldRefusal(row.image, this.#heldLimits));
  }

  #takeRequest({ url, pixels }: CountedRow, refused: FailureCode | undefined): void {
    const target =
      refused === undefined ? parseTarget(url, this.#baseUrl, this.#allowStore) : { code: refused };
    if ('code' in target) increment(this.#unusable, target.code);
    else if (!isStoreUrl(target.url) && !this.#mayAsk(target.port)) increment(this.#unusable, 'port_refused');
    else {
      this.#usable += 1;
      increment(this.#schemes, target.url.protocol.slice(0, -1));
      this.#urls.add(target.url.href);
      this.#takeHost(target.host, 1);
      this.#takeArea(pixels);
    }
  }

  #takeHeld({ url, image, pixels }: CountedRow, refused: FailureCode | null): void {
    if (refused !== null) increment(this.#unusable, refused);
    else {
      this.#usable += 1;
      this.#heldBytes += image?.bytes ?? 0;
      const target = parseTarget(url, this.#baseUrl);
      this.#urls.add('code' in target ? (url ?? '') : target.url.href);
      this.#takeArea(pixels);
    }
  }

  #takeArea(pixels: number | null): void {
    if (pixels !== null && pixels > 0 && Number.isFinite(pixels)) this.takeAreas(1, pixels);
  }

  takeOrigin(scheme: 'http' | 'https', authority: string, rows: number): void {
    this.#rows += rows;
    this.#usable += rows;
    increment(this.#schemes, scheme, rows);
    const [host = ''] = authority.split(':', 1);
    this.#takeHost(host as HostKey, rows);
  }

  takeDigest(digest: number): void {
    this.#urls.addDigest(digest);
  }

  get digestBound(): string | null {
    return this.#urls.bound;
  }

  takeAreas(images: number, pixels: number): void {
    this.#pixels += pixels;
    this.#sized += images;
  }

  #takeHost(host: HostKey, rows: number): void {
    const known = this.#hosts.get(host);
    if (known !== undefined) this.#hosts.set(host, known + rows);
    else if (this.#hosts.size >= this.#maxHosts) this.#complete = false;
    // A host name may be a slice that keeps the whole URL in memory.
    else this.#hosts.set(Buffer.from(host).toString() as HostKey, rows);
  }

  /** Rows so far. */
  get rows(): number {
    return this.#rows;
  }

  get result(): IndexCounts {
    const distinct = this.#urls.result;
    return {
      rows: this.#rows,
      usable: this.#usable,
      unusable: sorted(this.#unusable),
      schemes: sorted(this.#schemes),
      duplicates: { rows: Math.max(0, this.#usable - distinct.count), margin: distinct.margin },
      hosts: { count: this.#hosts.size, complete: this.#complete, ...rank(this.#hosts) },
      meanPixels: this.#sized === 0 ? null : this.#pixels / this.#sized,
      heldBytes: this.#heldLimits === null ? null : this.#heldBytes,
    };
  }
}

function rank(
  hosts: ReadonlyMap<HostKey, number>,
): Pick<IndexCounts['hosts'], 'largest' | 'heads' | 'sizes'> {
  const rows = Float64Array.from(hosts.values()).sort().reverse();
  const least = rows[Math.min(LARGEST, rows.length) - 1] ?? 0;
  const candidates: HostRows[] = [];
  for (const [host, count] of hosts) if (count >= least) candidates.push({ host, rows: count });
  const largest = candidates.sort((a, b) => b.rows - a.rows || (a.host < b.host ? -1 : 1)).slice(0, LARGEST);
  const heads = [10, 100, 1000]
    .filter((count) => count <= rows.length)
    .map((count) => ({ hosts: count, rows: rows.subarray(0, count).reduce((sum, each) => sum + each, 0) }));
  return { largest, heads, sizes: [...rows.subarray(0, MOST_SIZES)] };
}

/** By their names, so that the order of the rows does not matter. */
function sorted<K extends string>(counts: ReadonlyMap<K, number>): ReadonlyMap<K, number> {
  return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function increment<K>(counts: Map<K, number>, key: K, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
