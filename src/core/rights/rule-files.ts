import { treatmentOf } from './mechanisms.ts';
import type { RightsPolicy } from './policies.ts';

/** Files in which an origin says what may be used; each costs a request to every origin. */
export const RULE_FILES = ['robots.txt', 'tdmrep.json', 'ai.txt'] as const;
export type RuleFile = (typeof RULE_FILES)[number];

/** What is asked for: a file of an origin, or a licence (RSL) that its robots.txt or an answer names, which may be anywhere. */
export type AskedFile = RuleFile | 'rsl';

/** Whether the licences that robots.txt and answers name are asked for: only where one may refuse. */
export const readsLicences = (policy: RightsPolicy): boolean => treatmentOf('rsl', policy) === 'cautious';

/** The files that a policy asks for. */
export function ruleFilesOf(policy: RightsPolicy): readonly RuleFile[] {
  return RULE_FILES.filter((file) => treatmentOf(file, policy) !== 'ignored');
}
