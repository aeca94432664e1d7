import { decideRights } from '../../core/rights/decide.ts';
import { MECHANISMS, type Mechanism } from '../../core/rights/mechanisms.ts';
import type { RightsPolicy } from '../../core/rights/policies.ts';
import { type RightsSignal, type RightsVerdict, rawText } from '../../core/rights/signal.ts';
import { contentSignal } from '../../rights/statements/content-signal.ts';
import { contentUsage } from '../../rights/statements/content-usage.ts';
import { linkedLicense } from '../../rights/statements/linked-license.ts';
import { tdmReservation } from '../../rights/statements/tdm-reservation.ts';
import { type NamedFailure, namedFailure } from './classify.ts';
import { mentionsOptOut, type OptOutPolicy, refusesUse } from './x-robots-tag.ts';

export interface HeaderPolicy {
  readonly policy: RightsPolicy;
  /** For X-Robots-Tag and Robots-Tag. */
  readonly optOut: OptOutPolicy;
  /** What is known of a licence (RSL) that the answer from `base` names; absent if licences are not asked for. */
  readonly licence?: (address: string, base: string) => LinkedLicence;
}

/** A licence, as far as it is known. */
export interface LinkedLicence {
  /** Where it is to be asked for; null if it need not or cannot be. */
  readonly missing: string | null;
  /** What it says about what is at `base`; null for nothing. */
  readonly signal: RightsSignal | null;
}

export type RawHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** A longer line is cut: honest ones have some hundred bytes. */
const MAX_LINE_BYTES = 8192;

type Read = (
  lines: readonly string[],
  policy: HeaderPolicy,
  source: string,
) => readonly (Pick<RightsSignal, 'verdict' | 'raw'> & Partial<RightsSignal>)[];

const each =
  (verdictOf: (line: string, policy: HeaderPolicy) => RightsVerdict): Read =>
  (lines, policy) =>
    lines.map((line) => ({ verdict: verdictOf(line, policy), raw: line }));

/** A directive for another robot alone is recorded. */
const robotsTag = each((line, { optOut }) => {
  if (refusesUse([line], optOut)) return 'deny';
  return mentionsOptOut(line, optOut) ? 'record' : 'unknown';
});

/** A licence that was not read is recorded. */
const link: Read = (lines, { licence }, source) =>
  lines.flatMap((line) => {
    const address = linkedLicense(line);
    if (address === null) return [];
    if (licence === undefined) return [{ verdict: 'record', raw: line }];
    const { signal } = licence(address, source);
    if (signal === null) return [];
    return [signal.sha256 === undefined ? { verdict: 'record', raw: line } : signal];
  });

/** The headers that speak about rights, by their names in lower case. */
const HEADERS: readonly (readonly [name: string, Mechanism, Read])[] = [
  ['x-robots-tag', 'x-robots-tag', robotsTag],
  ['robots-tag', 'robots-tag', robotsTag],
  // Several lines form one Dictionary.
  [
    'content-usage',
    'content-usage',
    (lines) => [{ verdict: contentUsage(lines.join(', ')), raw: lines.join(', ') }],
  ],
  ['content-signal', 'content-signal', each(contentSignal)],
  ['tdm-reservation', 'tdm-reservation', each(tdmReservation)],
  ['link', 'rsl', link],
];

/** What the headers of an answer say about the use of its body; what says nothing is left out. */
export function headerSignals(
  headers: RawHeaders,
  policy: HeaderPolicy,
  source: string,
): readonly RightsSignal[] {
  const found = HEADERS.flatMap(([name, mechanism, read]): RightsSignal[] => {
    const value = headers[name];
    if (value === undefined) return [];
    const lines = [value].flat().map((line) => line.slice(0, MAX_LINE_BYTES));
    return read(lines, policy, source).flatMap((said) =>
      said.verdict === 'unknown'
        ? []
        : [{ mechanism, scope: 'answer', source, at: Date.now(), ...said, raw: rawText(said.raw) }],
    );
  });
  return found;
}

/** The URL of a licence that an answer names and that is to be asked for first; null if there is none. */
export function missingLicence(
  headers: RawHeaders,
  { licence }: HeaderPolicy,
  source: string,
): string | null {
  if (licence === undefined) return null;
  for (const line of [headers['link'] ?? []].flat()) {
    const address = linkedLicense(line.slice(0, MAX_LINE_BYTES));
    const { missing = null } = address === null ? {} : licence(address, source);
    if (missing !== null) return missing;
  }
  return null;
}

/** How a row ends whose answer has these headers; null if it goes on. */
export function refusalBy(signals: readonly RightsSignal[], { policy }: HeaderPolicy): NamedFailure | null {
  if (signals.length === 0) return null;
  const { decision, by } = decideRights(signals, policy);
  return decision === 'deny' && by !== null ? namedFailure(MECHANISMS[by.mechanism].failure) : null;
}
