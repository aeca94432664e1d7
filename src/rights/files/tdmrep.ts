import type { RightsVerdict } from '../../core/rights/signal.ts';
import { matches, normalPath, type PathPattern, readPattern } from '../robots/pattern.ts';

interface TdmRule {
  readonly pattern: PathPattern;
  readonly verdict: RightsVerdict;
  /** The rule in JSON. */
  readonly raw: string;
}

/** Longer files and more rules are not read. */
const MAX_BYTES = 256 * 1024;
const MAX_RULES = 1_000;

/** The rules of tdmrep.json in their order; null for what is none, or too long. */
export function readTdmRep(body: Buffer): readonly TdmRule[] | null {
  if (body.length > MAX_BYTES) return null;
  const rules = parse(body.toString('utf8'));
  if (!Array.isArray(rules) || rules.length > MAX_RULES) return null;
  return rules.flatMap((rule: unknown) => {
    if (typeof rule !== 'object' || rule === null) return [];
    const { location, 'tdm-reservation': reservation } = rule as Readonly<Record<string, unknown>>;
    // Both are mandatory: without one of them, or with another value, it is no rule, and hides none that comes after it.
    if (typeof location !== 'string' || (reservation !== 0 && reservation !== 1)) return [];
    const pattern = readPattern(Buffer.from(location).toString('latin1'));
    const verdict = reservation === 1 ? 'deny' : 'allow';
    return [{ pattern, verdict, raw: JSON.stringify(rule) }];
  });
}

/** The first rule for the path (with its query) of a URL. */
export function tdmRuleFor(rules: readonly TdmRule[], path: string): TdmRule | undefined {
  const normal = normalPath(path);
  return rules.find(({ pattern }) => matches(pattern, normal));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, '')) as unknown;
  } catch {
    return null;
  }
}
