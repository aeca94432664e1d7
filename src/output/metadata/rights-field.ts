import { decideRights } from '../../core/rights/decide.ts';
import { embeddedSignals } from '../../core/rights/embedded-signals.ts';
import { MECHANISM_NAMES, type Mechanism } from '../../core/rights/mechanisms.ts';
import type { RightsPolicy } from '../../core/rights/policies.ts';
import type { FetchSignal, SampleResult } from '../../core/samples.ts';

/** The version of the record and of the table of mechanisms. */
const VERSION = 1;

/**
 * What was said about the use of an image, as JSON: the decision with its reason, the policy, the signals, who made it. Null
 * if nothing was. It has no moments, so that the same answers give the same tar; the metadata has `fetched_at`.
 */
export function rightsText({ fetch, embedded }: SampleResult, policy: RightsPolicy): string | null {
  const signals = [
    ...(fetch.signals ?? []).filter(isKnown),
    ...(embedded === undefined ? [] : embeddedSignals(embedded, fetch.finalUrl, fetch.fetchedAt)),
  ];
  const attribution = Object.entries(embedded?.attribution ?? {}).filter(([, value]) => value !== null);
  if (signals.length === 0 && attribution.length === 0) return null;
  const { decision, reason } = decideRights(
    signals.map((signal) => ({ ...signal, scope: 'image' })),
    policy,
  );
  return JSON.stringify({
    decision,
    reason,
    policy: `${policy}@${VERSION}`,
    signals: signals.map(({ mechanism, scope, raw, verdict, source, sha256 }) => ({
      ...{ m: mechanism, scope, raw, verdict, src: source },
      ...(sha256 === undefined ? {} : { sha256 }),
    })),
    ...Object.fromEntries(attribution.map(([name, value]) => [toSnakeCase(name), value])),
  });
}

const isKnown = (signal: FetchSignal): signal is FetchSignal & { readonly mechanism: Mechanism } =>
  (MECHANISM_NAMES as readonly string[]).includes(signal.mechanism);

const toSnakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
