import { FAILURES, isFailureCode } from '../../core/failures.ts';
import { licenceName } from '../../core/licences/licence-names.ts';
import type { RightsRecord } from '../../output/metadata/rights-record.ts';
import { WITHOUT_RECORD } from '../../output/metadata/rights-table.ts';
import { urlHost } from '../../util/text/url-host.ts';
import type { Credit } from '../attribution/credit.ts';

/** How many rows something is true of, and the URL of one of them. */
export interface RightsCount {
  readonly name: string;
  readonly rows: number;
  readonly example: string;
}

/** What the owners of a dataset's images have said, and who they are. Lists begin with the commonest. */
export interface RightsFigures {
  readonly rows: number;
  readonly images: number;
  /** Rows that ended because their owners said no, or because of a list or a licence of the user's. */
  readonly denied: number;
  /** Rows with a record: somebody said something. */
  readonly recorded: number;
  /** Denied rows by failure, by the mechanism that decided, and by host. */
  readonly failures: readonly RightsCount[];
  readonly mechanisms: readonly RightsCount[];
  readonly hosts: readonly RightsCount[];
  /** Rows by what was said: mechanism and verdict, in denied and in kept rows. */
  readonly signals: readonly RightsCount[];
  /** Images whose licence is known, and these by licence. */
  readonly licensed: number;
  readonly licences: readonly RightsCount[];
  /** Images whose creator is known, and these by creator. */
  readonly credited: number;
  readonly creators: readonly RightsCount[];
}

/** What is counted of a row. */
export interface RightsRow {
  readonly url: string;
  /** Null for an image. */
  readonly code: string | null;
  /** Null if nobody said anything. */
  readonly record: RightsRecord | null;
  /** Null if neither the index nor the image names anybody. */
  readonly credit: Pick<Credit, 'creator' | 'licences'> | null;
}

const MAX_IN_LIST = 20;
/** Hosts and creators that are counted; the rest of them are not listed. */
const MAX_COUNTED = 200_000;

/** Counts what was said about the rows of a dataset, in bounded memory. */
export class RightsCounter {
  readonly #failures = new Counts();
  readonly #mechanisms = new Counts();
  readonly #hosts = new Counts();
  readonly #signals = new Counts();
  readonly #licences = new Counts();
  readonly #creators = new Counts();
  #rows = 0;
  #images = 0;
  #denied = 0;
  #recorded = 0;
  #licensed = 0;
  #credited = 0;

  add({ url, code, record, credit }: RightsRow): void {
    this.#rows += 1;
    if (record !== null) {
      this.#recorded += 1;
      const signals = new Set(record.signals.map(({ m, verdict }) => `${m} ${verdict}`));
      for (const signal of signals) this.#signals.add(signal, url);
    }
    if (code === null) this.#addImage(url, credit);
    else if (isFailureCode(code) && FAILURES[code].stage === 'rights') {
      this.#denied += 1;
      this.#failures.add(code, url);
      this.#hosts.add(urlHost(url) ?? '(no host)', url);
      const mechanism = record?.decision === 'deny' ? record.reason?.split(':', 1)[0] : undefined;
      this.#mechanisms.add(mechanism ?? WITHOUT_RECORD[code] ?? code, url);
    }
  }

  figures(): RightsFigures {
    return {
      rows: this.#rows,
      images: this.#images,
      denied: this.#denied,
      recorded: this.#recorded,
      failures: this.#failures.commonest(),
      mechanisms: this.#mechanisms.commonest(),
      hosts: this.#hosts.commonest().slice(0, MAX_IN_LIST),
      signals: this.#signals.commonest(),
      licensed: this.#licensed,
      licences: this.#licences.commonest().slice(0, MAX_IN_LIST),
      credited: this.#credited,
      creators: this.#creators.commonest().slice(0, MAX_IN_LIST),
    };
  }

  #addImage(url: string, credit: RightsRow['credit']): void {
    this.#images += 1;
    if (credit === null) return;
    if (credit.licences.length > 0) {
      this.#licensed += 1;
      this.#licences.add(credit.licences.map(licenceName).join(' or '), url);
    }
    if (credit.creator !== null) {
      this.#credited += 1;
      this.#creators.add(credit.creator, url);
    }
  }
}

/** Counts rows by names. */
export class Counts {
  readonly #counts = new Map<string, { rows: number; readonly example: string }>();

  add(name: string, example: string): void {
    const known = this.#counts.get(name);
    if (known !== undefined) known.rows += 1;
    else if (this.#counts.size < MAX_COUNTED) this.#counts.set(name, { rows: 1, example });
  }

  commonest(): RightsCount[] {
    return [...this.#counts]
      .map(([name, { rows, example }]) => ({ name, rows, example }))
      .sort((a, b) => b.rows - a.rows || (a.name < b.name ? -1 : 1));
  }
}
