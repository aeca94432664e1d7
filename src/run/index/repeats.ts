import type { Options } from '../../config/resolve.ts';
import { FAILURES } from '../../core/failures.ts';
import type { SampleKey, SampleRow, ShardId } from '../../core/samples.ts';
import { type Numbering, sampleKey } from '../../shards/names.ts';
import { type Digest, HashTable } from '../../util/hash-table.ts';
import { KeyTexts } from './key-texts.ts';
import type { MergedCaptions } from './merged-captions.ts';
import { numberingOf } from './numbering.ts';
import { SeenKeys } from './seen-keys.ts';
import { urlDigest } from './url-digest.ts';

/** Called with each row that repeats a URL, and with the digest of that. */
export type OnRepeat = (digest: Digest, row: SampleRow) => void;

interface Merging {
  readonly captions?: MergedCaptions | null;
  readonly onRepeat?: OnRepeat;
}

/** The position of a row in the dataset. */
export interface RowPlace {
  readonly id: ShardId;
  readonly index: number;
}

/**
 * Finds rows whose URL (`--dedupe url`) or key (`--key-col`) an earlier row has. Each URL takes 23 to 46 bytes, and its key
 * if rows name their samples.
 */
export class Repeats {
  readonly #options: Options;
  readonly #numbering: Numbering;
  /** For each URL the place of its first row or, if rows name their samples, of that row's key in `#texts`. */
  readonly #urls: HashTable | null;
  readonly #texts = new KeyTexts();
  readonly #keys: SeenKeys | null;
  readonly #merging: Merging;

  constructor(options: Options, merging: Merging = {}) {
    this.#options = options;
    this.#merging = merging;
    this.#numbering = numberingOf(options);
    this.#urls = options.dedupe === 'url' ? new HashTable(2) : null;
    this.#keys = options.keyCol === null ? null : new SeenKeys(options.outputFormat === 'files');
  }

  /** The row as it is part of the dataset at `place`, or null if it is left out. Rows come in the order of the index. */
  take(row: SampleRow, place: RowPlace): SampleRow | null {
    if (this.#urls === null) return this.#withOwnKey(row);
    const { unreadable, tooLong, keyFailure } = row;
    const isFetched = unreadable === undefined && tooLong === undefined && keyFailure === undefined;
    const digest = isFetched ? urlDigest(row.url, this.#options) : null;
    if (digest === null) return this.#withOwnKey(row);
    const earlier = this.#urls.get(digest);
    if (earlier !== undefined) {
      this.#merging.onRepeat?.(digest, row);
      if (this.#options.duplicates === 'drop') return null;
      const { key, keyFailure: _, ...rest } = this.#withOwnKey(row);
      return { ...rest, ...(key && { key }), duplicateOf: this.#keyAt(earlier) };
    }
    const own = this.#withOwnKey(row);
    if (own.keyFailure !== undefined) return own;
    this.#urls.set(digest, this.#placeOf(own, place));
    return this.#withAllCaptions(own, digest);
  }

  #withAllCaptions(row: SampleRow, digest: Digest): SampleRow {
    const { captions: merged } = this.#merging;
    if (!merged) return row;
    const all = [row.caption, ...merged.of(digest)].filter((caption) => caption !== null);
    const captions = [...new Set(all)];
    return { ...row, captions, caption: captions[0] ?? null };
  }

  /** The row without its key if an earlier row has that. */
  #withOwnKey(row: SampleRow): SampleRow {
    if (row.key === undefined || this.#keys === null || this.#keys.add(row.key)) return row;
    const { key: _, ...rest } = row;
    return { ...rest, keyFailure: { code: 'key_repeated', message: FAILURES.key_repeated.summary } };
  }

  #placeOf({ key }: SampleRow, { id, index }: RowPlace): readonly number[] {
    return key === undefined ? [id, index] : this.#texts.add(key);
  }

  #keyAt([first = 0, second = 0]: readonly number[]): SampleKey {
    return this.#keys === null
      ? sampleKey(first as ShardId, second, this.#numbering)
      : (this.#texts.at([first, second]) as SampleKey);
  }
}
