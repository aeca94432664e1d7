import { FAILURES } from '../../core/failures.ts';
import type { FetchFacts, SampleResult, SampleRow } from '../../core/samples.ts';
import { type FetchResult, refusal } from '../../fetch/result.ts';
import type { DecoderPool } from '../../image/workers/decoder-pool.ts';

/** What the stages need to know of a row. */
export type FetchRequest = Pick<SampleRow, 'url' | 'expectedHash' | 'boxes'>;

/** The outcome of a row that nobody has to be asked for; null of any other. */
export function outcomeUnasked({ unreadable, duplicateOf, tooLong }: SampleRow): SampleResult | null {
  if (unreadable !== undefined) {
    return { ok: false, code: 'bad_row', message: FAILURES.bad_row.summary, fetch: refusal('bad_row').facts };
  }
  const refused = tooLong ?? (duplicateOf === undefined ? null : 'duplicate_url');
  return refused === null ? null : { ok: false, ...refusal(refused).failure, fetch: refusal(refused).facts };
}

/** What was fetched for a row to its outcome: decoded, checked, resized. Never rejects for a bad picture. */
export async function rowOutcome(
  { expectedHash, boxes }: FetchRequest,
  fetched: FetchResult,
  decoders: DecoderPool,
): Promise<SampleResult> {
  if (!fetched.ok) return { ok: false, ...fetched.failure, fetch: fetched.facts };
  const decoded = await decoders.decode({
    bytes: fetched.body,
    ...(expectedHash === undefined ? {} : { expectedHash }),
    ...(boxes === undefined ? {} : { boxes }),
  });
  const fetch: FetchFacts = { ...fetched.facts, mimeType: decoded.mimeType ?? fetched.contentType };
  if (decoded.ok) return { ok: true, image: decoded.image, fetch };
  return { ok: false, code: decoded.code, message: FAILURES[decoded.code].summary, fetch };
}
