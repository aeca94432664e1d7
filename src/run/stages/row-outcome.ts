import type { Options } from '../../config/resolve.ts';
import { type EmbeddedRights, licenceTexts } from '../../core/embedded-rights.ts';
import { FAILURES } from '../../core/failures.ts';
import { mediaName } from '../../core/image-signature.ts';
import { answerOf } from '../../core/licences/licence-filter.ts';
import type { FetchFacts, SampleResult, SampleRow, ShardId } from '../../core/samples.ts';
import { DenyList } from '../../fetch/deny-list/deny-list.ts';
import type { DenyTable } from '../../fetch/deny-list/deny-table.ts';
import { type FetchResult, refusal } from '../../fetch/result.ts';
import type { ImageFailure } from '../../image/job/job.ts';
import type { DecoderPool } from '../../image/workers/decoder-pool.ts';

/** The part of a row that the stages need. */
export interface FetchRequest extends Pick<SampleRow, 'url' | 'expectedHash' | 'boxes' | 'licence'> {
  readonly shard: ShardId;
}

/** The outcome of a row that needs no request (unreadable, too long, without a key, duplicate, of another licence); null for any other row. */
export function outcomeWithoutFetch({
  unreadable,
  duplicateOf,
  tooLong,
  keyFailure,
  licence,
}: SampleRow): SampleResult | null {
  if (unreadable !== undefined) {
    return { ok: false, code: 'bad_row', message: FAILURES.bad_row.summary, fetch: refusal('bad_row').facts };
  }
  if (keyFailure !== undefined && tooLong === undefined) {
    return { ok: false, ...keyFailure, fetch: refusal(keyFailure.code).facts };
  }
  const isRefused = licence === 'refused';
  const refused =
    tooLong ?? (duplicateOf !== undefined ? 'duplicate_url' : isRefused ? 'license_refused' : null);
  return refused === null ? null : { ok: false, ...refusal(refused).failure, fetch: refusal(refused).facts };
}

/** What decides about downloaded bytes, beside themselves. */
export interface Refusals {
  readonly denyList: DenyList | undefined;
  /** The words of `--license`. */
  readonly licenses: readonly string[];
}

export const refusalsOf = (table: DenyTable | null, { license }: Pick<Options, 'license'>): Refusals => ({
  denyList: table === null ? undefined : new DenyList(table),
  licenses: license ?? [],
});

/** Turns what was fetched for a row into its outcome: decodes, checks and resizes the image. Never rejects for a bad image. */
export async function rowOutcome(
  { expectedHash, boxes, licence }: Pick<FetchRequest, 'expectedHash' | 'boxes' | 'licence'>,
  fetched: FetchResult,
  decoders: DecoderPool,
  { denyList, licenses }: Refusals,
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
  if (decoded.ok && licence === 'open') {
    const code = licenceFailure(decoded.rights, licenses);
    if (code !== null) return { ok: false, code, message: FAILURES[code].summary, fetch, ...embedded };
  }
  if (decoded.ok) return { ok: true, image: decoded.image, fetch, ...embedded };
  return { ok: false, code: decoded.code, message: decodeMessage(decoded), fetch, ...embedded };
}

/** How a row ends whose image alone can name its licence; null if it names a wanted one. */
function licenceFailure(
  rights: EmbeddedRights | undefined,
  licenses: readonly string[],
): 'license_refused' | 'license_unknown' | null {
  const answer = rights === undefined ? 'open' : answerOf(licenceTexts(rights.attribution), licenses);
  return answer === 'granted' ? null : answer === 'refused' ? 'license_refused' : 'license_unknown';
}

function decodeMessage({ code, mimeType }: ImageFailure): string {
  const { summary } = FAILURES[code];
  const name = code === 'image_unknown' ? mediaName(mimeType) : null;
  return name === null ? summary : `${summary}: ${name}`;
}
