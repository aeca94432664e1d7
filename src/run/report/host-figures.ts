import type { FailureCode } from '../../core/failures.ts';
import { DistinctCount } from '../../util/distinct-count.ts';

/** Rows of one host. */
export interface HostFigures {
  readonly host: string;
  readonly rows: number;
  readonly images: number;
  readonly bytes: number;
  /** Rows that the host refused: 401, 403, 429, 451, 503, a refused connection, or an opt-out. */
  readonly refused: number;
  /** Rows that failed because the host did not answer: no name, no connection, or given up as dead. */
  readonly dead: number;
}

export interface HostLists {
  /** How many hosts there are; `margin` is 0 if that is exact. */
  readonly hosts: { readonly count: number; readonly margin: number };
  /** Whether hosts with few rows may have been forgotten, so that figures are lower bounds. */
  readonly isPartial: boolean;
  readonly largest: readonly HostFigures[];
  readonly refused: readonly HostFigures[];
  readonly dead: readonly HostFigures[];
}

const REFUSALS: ReadonlySet<FailureCode | null> = new Set<FailureCode>([
  'connect_refused',
  'http_401',
  'http_403',
  'http_429',
  'http_451',
  'http_503',
  'host_throttled',
  'optout_ai_txt',
  'optout_c2pa',
  'optout_header',
  'optout_license',
  'optout_metadata',
  'optout_robots',
  'optout_tdmrep',
  'optout_x_robots',
  'robots_disallowed',
  'robots_unreachable',
]);
const DEAD: ReadonlySet<FailureCode | null> = new Set<FailureCode>([
  'host_dead',
  'dns_not_found',
  'connect_timeout',
  'connect_unreachable',
]);

/** About 50 MB. */
const MAX_HOSTS = 200_000;

type Counted = { -readonly [Name in keyof HostFigures]: HostFigures[Name] };

/** Counts the rows of hosts in bounded memory: if there are too many, the half with fewest rows is forgotten. */
export class HostCounter {
  readonly #maxHosts: number;
  readonly #distinct = new DistinctCount();
  #hosts = new Map<string, Counted>();
  #isPartial = false;

  constructor(maxHosts = MAX_HOSTS) {
    this.#maxHosts = maxHosts;
  }

  /** `code`: the failure; null for an image. */
  add(host: string, code: FailureCode | null, bytes: number): void {
    let figures = this.#hosts.get(host);
    if (figures === undefined) {
      this.#distinct.add(host);
      if (this.#hosts.size >= this.#maxHosts) this.#forget();
      figures = { host, rows: 0, images: 0, bytes: 0, refused: 0, dead: 0 };
      this.#hosts.set(host, figures);
    }
    figures.rows += 1;
    figures.bytes += bytes;
    if (code === null) figures.images += 1;
    else if (REFUSALS.has(code)) figures.refused += 1;
    else if (DEAD.has(code)) figures.dead += 1;
  }

  lists(length: number): HostLists {
    const most = (figure: 'rows' | 'refused' | 'dead'): HostFigures[] =>
      [...this.#hosts.values()]
        .filter((host) => host[figure] > 0)
        .sort((a, b) => b[figure] - a[figure] || b.rows - a.rows || (a.host < b.host ? -1 : 1))
        .slice(0, length);
    return {
      hosts: this.#distinct.result,
      isPartial: this.#isPartial,
      largest: most('rows'),
      refused: most('refused'),
      dead: most('dead'),
    };
  }

  #forget(): void {
    this.#isPartial = true;
    const sorted = [...this.#hosts].sort(([, a], [, b]) => b.rows - a.rows);
    this.#hosts = new Map(sorted.slice(0, Math.floor(this.#maxHosts / 2)));
  }
}
