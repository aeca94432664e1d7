import { FAILURES } from '../core/failures.ts';
import type { FetchFacts, SampleResult, SampleRow } from '../core/samples.ts';
import { type Fetcher, refusal } from '../fetch/fetcher.ts';
import type { Decoders } from '../image/decoders.ts';

/** The stages that turn a row into a sample. */
export interface Stages {
  readonly fetcher: Fetcher;
  readonly decoders: Decoders;
  /** Told the length of every body that is received whole. */
  readonly onFetched: (bytes: number) => void;
}

/** One row of the index from its URL to its outcome: fetched, decoded, resized. Never rejects for a bad row. */
export async function makeSample(
  row: SampleRow,
  { fetcher, decoders, onFetched }: Stages,
): Promise<SampleResult> {
  if (row.fault !== undefined) {
    return { ok: false, code: 'bad_row', message: FAILURES.bad_row.summary, fetch: refusal('bad_row').facts };
  }
  if (row.duplicateOf !== undefined) {
    return { ok: false, ...refusal('duplicate_url').failure, fetch: refusal('duplicate_url').facts };
  }
  const fetched = await fetcher.fetch(row.url);
  if (!fetched.ok) return { ok: false, ...fetched.failure, fetch: fetched.facts };
  onFetched(fetched.body.length);
  const { expectedHash, boxes } = row;
  const decoded = await decoders.decode({
    bytes: fetched.body,
    ...(expectedHash === undefined ? {} : { expectedHash }),
    ...(boxes === undefined ? {} : { boxes }),
  });
  const fetch: FetchFacts = { ...fetched.facts, mimeType: decoded.mimeType ?? fetched.contentType };
  if (decoded.ok) return { ok: true, image: decoded.image, fetch };
  return { ok: false, code: decoded.code, message: FAILURES[decoded.code].summary, fetch };
}
