import { FAILURES } from '../../core/failures.ts';
import { mediaName } from '../../core/image-signature.ts';
import type { FetchFacts, SampleResult, SampleRow, ShardId } from '../../core/samples.ts';
import type { DenyList } from '../../fetch/deny-list/deny-list.ts';
import { type FetchResult, refusal } from '../../fetch/result.ts';
import type { ImageFailure } from '../../image/job/job.ts';
import type { DecoderPool } from '../../image/workers/decoder-pool.ts';

/** The part of a row that the stages need. */
export interface FetchRequest extends Pick<SampleRow, 'url' | 'expectedHash' | 'boxes'> {
  readonly shard: ShardId;
}

/** The outcome of a row that needs no request (unreadable, too long, without a key, duplicate); null for any other row. */
export function outcomeWithoutFetch({
  unreadable,
  duplicateOf,
  tooLong,
  keyFailure,
}: SampleRow): SampleResult | null {
  if (unreadable !== undefined) {
    return { ok: false, code: 'bad_row', message: FAILURES.bad_row.summary, fetch: refusal('bad_row').facts };
  }
  if (keyFailure !== undefined && tooLong === undefined) {
    return { ok: false, ...keyFailure, fetch: refusal(keyFailure.code).facts };
  }
  const refused = tooLong ?? (duplicateOf === undefined ? null : 'duplicate_url');
  return refused === null ? null : { ok: false, ...refusal(refused).failure, fetch: refusal(refused).facts };
}

/** Turns what was fetched for a row into its outcome: decodes, checks and resizes the image. Never rejects for a bad image. */
export async function rowOutcome(
  { expectedHash, boxes }: Pick<SampleRow, 'expectedHash' | 'boxes'>,
  fetched: FetchResult,
  decoders: DecoderPool,
  denyList?: DenyList,
): Promise<SampleResult> {
  if (!fetched.ok) return { ok: false, ...fetched.failure, fetch: fetched.facts };
  const denied = denyList?.refusesBytes(fetched.body) ?? null;
  if (denied !== null) return { ok: false, ...denied, fetch: fetched.facts };
  const decoded = await decoders.decode({
    bytes: fetched.body,
    ...(expectedHash === undefined ? {} : { expectedHash }),
    ...(boxes === undefined ? {} : { boxes }),
  });
  const fetch: FetchFacts = { ...fetched.facts, mimeType: decoded.mimeType ?? fetched.contentType };
  const embedded = decoded.rights === undefined ? {} : { embedded: decoded.rights };
  if (decoded.ok) return { ok: true, image: decoded.image, fetch, ...embedded };
  return { ok: false, code: decoded.code, message: decodeMessage(decoded), fetch, ...embedded };
}

function decodeMessage({ code, mimeType }: ImageFailure): string {
  const { summary } = FAILURES[code];
  const name = code === 'image_unknown' ? mediaName(mimeType) : null;
  return name === null ? summary : `${summary}: ${name}`;
}
