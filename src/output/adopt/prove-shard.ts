import type { FailureCode } from '../../core/failures.ts';
import type { ShardId } from '../../core/samples.ts';
import { shardFileName } from '../../shards/files.ts';
import type { Numbering } from '../../shards/names.ts';
import type { Img2datasetStats } from '../metadata/img2dataset-stats.ts';
import { isImageExtension } from '../read/signatures.ts';
import type { StoredMetadata } from '../read/stored-metadata.ts';
import type { StoredRow } from '../read/stored-rows.ts';
import { type StoredSample, storedSamples } from '../read/stored-samples.ts';
import type { Store } from '../store/store.ts';
import { type Finding, FindingList } from '../verify/findings.ts';
import { KeyOrder } from '../verify/key-order.ts';
import { outcomeProblem } from '../verify/verify-outcome.ts';
import { type ImageDecoder, verifySamples } from '../verify/verify-samples.ts';
import { checkSums, RowCounts } from '../verify/verify-stats.ts';
import { toStoredRow } from './rows-by-key.ts';

/** A shard that img2dataset finished. */
export interface ShardToProve {
  readonly store: Store;
  readonly shard: string;
  readonly id: ShardId;
  readonly kind: 'tar' | 'folder';
  readonly numbering: Numbering;
  readonly stats: Img2datasetStats;
  /** With its rows in the order of their keys. */
  readonly metadata: StoredMetadata;
  /** Extension that its images have by the options; null for any. */
  readonly extension: string | null;
  readonly decode: ImageDecoder;
  /** A reason why a row cannot have been written with the options; null if it can. */
  readonly rowProblem: (row: StoredRow) => string | null;
}

/** What adoption needs to know about the samples of a shard. */
export interface ProvenSamples {
  /** SHA-256 of the tar, or of each file of the folder, by name. */
  readonly digests: ReadonlyMap<string, string>;
}

/**
 * Checks that samples, metadata and statistics of a shard agree, as verification does for our own, and decodes its images.
 * Reads everything and changes nothing. Returns the findings if there are any.
 */
export async function proveShard(proof: ShardToProve): Promise<ProvenSamples | readonly Finding[]> {
  const { store, shard, kind, metadata, decode } = proof;
  const findings = new FindingList();
  const dataFile = shardFileName(shard, kind);
  const digests = new Map<string, string>();
  const tally = new RowTally(proof, findings);
  await verifySamples({
    kind,
    rows: each(rowsOf(metadata), (row) => tally.take(row)),
    samples: each(
      storedSamples(store, kind, [dataFile], {
        images: true,
        adopted: true,
        onSha256: (name, sha256) => digests.set(name, sha256),
        onProblem: (problem, key) => findings.add(dataFile, problem, key),
      }),
      (sample) => checkExtension(proof, sample, findings),
    ),
    precedes: (stored, key) => tally.order.precedes(stored, key),
    dataFile,
    metadataFile: shardFileName(shard, 'parquet'),
    findings,
    decode,
  });
  tally.finish();
  return findings.all.length === 0 ? { digests } : findings.all;
}

/** Checks each row for itself, and all of them against the statistics. */
class RowTally {
  readonly #proof: ShardToProve;
  readonly #findings: FindingList;
  readonly order: KeyOrder;
  readonly #counts = new RowCounts();
  readonly #codes: Partial<Record<FailureCode, number>> = {};

  constructor(proof: ShardToProve, findings: FindingList) {
    this.#proof = proof;
    this.#findings = findings;
    this.order = new KeyOrder(proof.id, proof.numbering);
  }

  take(row: StoredRow): void {
    this.#counts.add(row);
    const code = row.failureCode as FailureCode | null;
    if (code !== null) this.#codes[code] = (this.#codes[code] ?? 0) + 1;
    for (const problem of [this.order.follow(row), outcomeProblem(row), this.#proof.rowProblem(row)]) {
      if (problem !== null) this.#findings.add(this.#file('parquet'), problem, row.key ?? undefined);
    }
  }

  finish(): void {
    const { stats } = this.#proof;
    // What img2dataset's statistics lack is taken from the rows; the rest has to agree with them.
    const complete = {
      ...stats,
      failure_codes: this.#codes,
      bytes_downloaded: 0,
      version: '',
      duration: stats.end_time - stats.start_time,
    };
    this.#counts.compare(complete, this.#file('parquet'), this.#findings);
    checkSums(complete, this.#file('stats'), this.#findings);
  }

  #file(kind: 'parquet' | 'stats'): string {
    return shardFileName(this.#proof.shard, kind);
  }
}

function checkExtension(proof: ShardToProve, { key, members }: StoredSample, findings: FindingList): void {
  for (const { extension } of members) {
    if (!isImageExtension(extension) || (proof.extension ?? extension) === extension) continue;
    const problem = `the image is a ${extension}, by the options it would be a ${proof.extension}`;
    findings.add(shardFileName(proof.shard, proof.kind), problem, key);
  }
}

async function* rowsOf({ columns, rows }: StoredMetadata): AsyncGenerator<StoredRow> {
  for await (const group of rows()) for (const values of group) yield toStoredRow(columns, values);
}

async function* each<T>(items: AsyncIterable<T>, effect: (item: T) => void): AsyncGenerator<T> {
  for await (const item of items) {
    effect(item);
    yield item;
  }
}
