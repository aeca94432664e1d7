import { treatmentOf } from './mechanisms.ts';
import type { RightsPolicy } from './policies.ts';
import { MAX_SIGNALS, type RightsSignal } from './signal.ts';

/** `unknown`: nobody said anything that could be acted upon. */
export interface RightsDecision {
  readonly decision: 'allow' | 'deny' | 'unknown';
  /** `mechanism:raw text` of the signal that decided; null for none. */
  readonly reason: string | null;
  /** The signal that decided. */
  readonly by: RightsSignal | null;
}

/**
 * Decides whether an image may be kept. The most restrictive signal wins: an explicit permission never outweighs a refusal
 * by another mechanism. What no signal speaks about is allowed, too, as `unknown`.
 */
export function decideRights(signals: readonly RightsSignal[], policy: RightsPolicy): RightsDecision {
  const by =
    signals.find((signal) => refuses(signal, policy)) ?? signals.find(({ verdict }) => verdict === 'allow');
  if (by === undefined) return { decision: 'unknown', reason: null, by: null };
  const decision = by.verdict === 'allow' ? 'allow' : 'deny';
  return { decision, reason: `${by.mechanism}:${by.raw}`, by };
}

/** Whether the signal alone refuses the image under the policy. */
export function refuses({ mechanism, verdict }: RightsSignal, policy: RightsPolicy): boolean {
  const treatment = treatmentOf(mechanism, policy);
  if (verdict === 'deny') return treatment === 'honoured' || treatment === 'cautious';
  return verdict === 'record' && treatment === 'cautious';
}

const WEIGHT = { deny: 0, record: 1, allow: 2, unknown: 3 } as const;

/** The signals that a sample's record has room for: refusals first, each text once. */
export function signalsToKeep(signals: readonly RightsSignal[]): readonly RightsSignal[] {
  const different = new Map(
    signals.map((signal) => [`${signal.mechanism} ${signal.verdict} ${signal.source} ${signal.raw}`, signal]),
  );
  return refusalsFirst([...different.values()]).slice(0, MAX_SIGNALS);
}

/** In the order of their weight, so that where only some have room no permission crowds out a refusal. */
export const refusalsFirst = <T extends Pick<RightsSignal, 'verdict'>>(signals: readonly T[]): T[] =>
  [...signals].sort((a, b) => WEIGHT[a.verdict] - WEIGHT[b.verdict]);
