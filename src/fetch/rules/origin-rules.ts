import { createHash } from 'node:crypto';
import { decideRights } from '../../core/rights/decide.ts';
import type { RightsPolicy } from '../../core/rights/policies.ts';
import type { RuleFile } from '../../core/rights/rule-files.ts';
import type { RightsSignal } from '../../core/rights/signal.ts';
import { type RobotNames, type RobotsFile, readRobots } from '../../rights/robots/robots-file.ts';
import { type Origin, robotsSignals } from '../../rights/robots/robots-signals.ts';
import type { RuleAnswer } from './rule-files.ts';

/** A file of rules, read. */
export type ReadFile =
  | { readonly file: 'robots.txt'; readonly from: Origin; readonly rules: RobotsFile }
  | { readonly file: RuleFile; readonly from: Origin; readonly rules: null };

/** Reads a file for the robots that we are. */
export function readRuleFile(
  file: RuleFile,
  { url, at, body }: RuleAnswer & { kind: 'file' },
  names: RobotNames,
): ReadFile {
  if (body === null) return { file, from: { source: url, at }, rules: null };
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const from = { source: url, at, sha256: createHash('sha256').update(bytes).digest('hex') };
  if (file === 'robots.txt') return { file, from, rules: readRobots(bytes, names) };
  return { file, from, rules: null };
}

/** What a file says about the path of a URL, with its query. */
export function signalsOf({ rules, from }: ReadFile, path: string): RightsSignal[] {
  return rules === null ? [] : robotsSignals(rules, path, from);
}

/** The pace that a file asks for: milliseconds from one request to the next, 0 for none. */
export function crawlDelayMs({ rules }: ReadFile, mostMs: number): number {
  const seconds = Math.max(0, ...(rules?.ours ?? []).map(({ crawlDelay }) => crawlDelay ?? 0));
  return Math.min(mostMs, seconds * 1000);
}

/** The signal of a robots.txt that cannot be had. */
export function unreachable(source: string, cause: string): RightsSignal {
  return {
    mechanism: 'robots-unreachable',
    scope: 'origin',
    raw: cause,
    verdict: 'deny',
    source,
    at: Date.now(),
  };
}

/** Whether rows of an origin without robots.txt end. */
export const mustHaveRobots = (policy: RightsPolicy): boolean =>
  decideRights([unreachable('', '')], policy).decision === 'deny';
