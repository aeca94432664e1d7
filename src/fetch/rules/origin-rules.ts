import { createHash } from 'node:crypto';
import { decideRights } from '../../core/rights/decide.ts';
import type { RightsPolicy } from '../../core/rights/policies.ts';
import type { RuleFile } from '../../core/rights/rule-files.ts';
import type { RightsSignal } from '../../core/rights/signal.ts';
import { type FileRules, readRuleFile } from '../../rights/files/rule-file.ts';
import type { RobotNames } from '../../rights/robots/robots-file.ts';
import type { FileAnswer } from './rule-files.ts';

/** A file of an origin's rules, as far as it was had. */
export interface KnownFile {
  readonly file: RuleFile;
  /** When it was fetched, in milliseconds since 1970. */
  readonly at: number;
  /** Where it was found, after redirects. */
  readonly url: string;
  /** Null if there is no such file. */
  readonly body: Buffer | null;
  /** Null if there is no such file. */
  readonly rules: FileRules | null;
  /** Where and when it was fetched, as its signals say. */
  readonly origin: Pick<RightsSignal, 'source' | 'at' | 'sha256'>;
}

/** Reads a file for the robots that we are. */
export function knownFile(file: RuleFile, { url, at, body }: FileAnswer, names: RobotNames): KnownFile {
  if (body === null) return { file, at, url, body: null, rules: null, origin: { source: url, at } };
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const origin = { source: url, at, sha256: createHash('sha256').update(bytes).digest('hex') };
  return { file, at, url, body: bytes, rules: readRuleFile(file, bytes, names, origin), origin };
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
