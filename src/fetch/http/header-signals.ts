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
}

export type RawHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** A longer line is cut: honest ones have some hundred bytes. */
const MAX_LINE_BYTES = 8192;

type Read = (
  lines: readonly string[],
  policy: HeaderPolicy,
) => readonly (readonly [RightsVerdict, raw: string])[];

const each =
  (verdictOf: (line: string, policy: HeaderPolicy) => RightsVerdict): Read =>
  (lines, policy) =>
    lines.map((line) => [verdictOf(line, policy), line]);

/** A directive for another robot alone is recorded. */
const robotsTag = each((line, { optOut }) => {
  if (refusesUse([line], optOut)) return 'deny';
  return mentionsOptOut(line, optOut) ? 'record' : 'unknown';
});

/** The headers that speak about rights, by their names in lower case. */
const HEADERS: readonly (readonly [name: string, Mechanism, Read])[] = [
  ['x-robots-tag', 'x-robots-tag', robotsTag],
  ['robots-tag', 'robots-tag', robotsTag],
  // Several lines form one Dictionary.
  ['content-usage', 'content-usage', (lines) => [[contentUsage(lines.join(', ')), lines.join(', ')]]],
  ['content-signal', 'content-signal', each(contentSignal)],
  ['tdm-reservation', 'tdm-reservation', each(tdmReservation)],
  ['link', 'rsl', each((line) => (linkedLicense(line) === null ? 'unknown' : 'record'))],
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
    return read(lines, policy).flatMap(([verdict, raw]) =>
      verdict === 'unknown'
        ? []
        : [{ mechanism, scope: 'answer', raw: rawText(raw), verdict, source, at: Date.now() }],
    );
  });
  return found;
}

/** How a row ends whose answer has these headers; null if it goes on. */
export function refusalBy(signals: readonly RightsSignal[], { policy }: HeaderPolicy): NamedFailure | null {
  if (signals.length === 0) return null;
  const { decision, by } = decideRights(signals, policy);
  return decision === 'deny' && by !== null ? namedFailure(MECHANISMS[by.mechanism].failure) : null;
}
