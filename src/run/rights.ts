import { inputError } from '../core/errors.ts';
import { FAILURES, isFailureCode } from '../core/failures.ts';
import { MetadataReader } from '../output/read/stored-rows.ts';
import { openStore } from '../output/store/open-store.ts';
import { shardFileName } from '../shards/files.ts';
import { urlHost } from '../util/text/url-host.ts';
import { findFinishedShards } from './report/finished-shards.ts';

/** How many rows something is true of, and one of them. */
export interface RightsCount {
  readonly name: string;
  readonly rows: number;
  readonly example: string;
}

/** What the owners of a dataset's images have said. */
export interface RightsFigures {
  readonly rows: number;
  /** Rows that ended because their owners said no. */
  readonly denied: number;
  /** Rows with a record: somebody said something. */
  readonly recorded: number;
  /** Denied rows by failure, and by host: the commonest first. */
  readonly failures: readonly RightsCount[];
  readonly hosts: readonly RightsCount[];
  /** Rows by what was said: mechanism and verdict, in denied and in kept rows. */
  readonly signals: readonly RightsCount[];
}

const WANTED = [{ column: 'url' }, { column: 'failure_code' }, { column: 'rights' }] as const;
const HOSTS_IN_LIST = 20;
/** Hosts that are counted; the rest of them are not listed. */
const MAX_HOSTS = 200_000;

/** Reads what owners have said from the metadata of a dataset. */
export async function rightsOf(output: string): Promise<RightsFigures> {
  const store = openStore(output);
  const { shards } = await findFinishedShards(store);
  const withMetadata = shards.filter(({ hasMetadata }) => hasMetadata);
  if (withMetadata.length === 0) {
    throw inputError(
      `Cannot read what owners said in '${output}': expected finished shards with their .parquet files, found none`,
    );
  }
  const [failures, hosts, signals] = [new Counts(), new Counts(), new Counts()];
  let [rows, denied, recorded] = [0, 0, 0];
  const reader = await MetadataReader.open();
  try {
    for (const { name } of withMetadata) {
      const path = await store.localPath(shardFileName(name, 'parquet'));
      for await (const batch of reader.values(path, WANTED)) {
        for (const [url, code, record] of batch) {
          const example = typeof url === 'string' ? url : '';
          rows += 1;
          if (typeof code === 'string' && isFailureCode(code) && FAILURES[code].stage === 'rights') {
            denied += 1;
            failures.add(code, example);
            hosts.add(urlHost(example) ?? '(no host)', example);
          }
          if (typeof record !== 'string') continue;
          recorded += 1;
          for (const said of signalsIn(record)) signals.add(said, example);
        }
      }
    }
  } finally {
    reader.close();
  }
  return {
    ...{ rows, denied, recorded, failures: failures.commonest(), signals: signals.commonest() },
    hosts: hosts.commonest().slice(0, HOSTS_IN_LIST),
  };
}

/** `x-robots-tag deny`, each once. */
function signalsIn(record: string): ReadonlySet<string> {
  const { signals } = JSON.parse(record) as { readonly signals: readonly { m: string; verdict: string }[] };
  return new Set(signals.map(({ m, verdict }) => `${m} ${verdict}`));
}

class Counts {
  readonly #counts = new Map<string, { rows: number; readonly example: string }>();

  add(name: string, example: string): void {
    const known = this.#counts.get(name);
    if (known !== undefined) known.rows += 1;
    else if (this.#counts.size < MAX_HOSTS) this.#counts.set(name, { rows: 1, example });
  }

  commonest(): RightsCount[] {
    return [...this.#counts]
      .map(([name, { rows, example }]) => ({ name, rows, example }))
      .sort((a, b) => b.rows - a.rows || (a.name < b.name ? -1 : 1));
  }
}
