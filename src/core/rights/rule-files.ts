import { treatmentOf } from './mechanisms.ts';
import type { RightsPolicy } from './policies.ts';

/** Files in which an origin says what may be used; each costs a request to every origin. */
export const RULE_FILES = ['robots.txt', 'tdmrep.json', 'ai.txt'] as const;
export type RuleFile = (typeof RULE_FILES)[number];

/** The files that a policy asks for. */
export function ruleFilesOf(policy: RightsPolicy): readonly RuleFile[] {
  return RULE_FILES.filter((file) => treatmentOf(file, policy) !== 'ignored');
}
