import type { RuleFile } from '../../core/rights/rule-files.ts';
import { type RightsSignal, rawText } from '../../core/rights/signal.ts';
import { decidingRule, type RobotNames, readRobots } from '../robots/robots-file.ts';
import { type Origin, robotsSignals } from '../robots/robots-signals.ts';
import { readAiTxt } from './ai-txt.ts';
import { readTdmRep, tdmRuleFor } from './tdmrep.ts';

/** A file of an origin's rules, read. */
export interface FileRules {
  /** What it says about the path (with its query) of a URL. */
  readonly signalsFor: (path: string) => RightsSignal[];
  /** URLs of licences (RSL) that it names, as they stand there. */
  readonly licenses: readonly string[];
  /** Seconds from one request to the next that it asks for; 0 for none. */
  readonly crawlDelay: number;
}

const PAGE = /^[^a-z]*<(?:!doctype|html|head|\?xml)\b/i;

type Reader = (body: Buffer, names: RobotNames, origin: Origin) => FileRules;

const READERS: Readonly<Record<RuleFile, Reader>> = {
  'robots.txt': (body, names, origin) => {
    const file = readRobots(body, names);
    const crawlDelay = Math.max(0, ...file.ours.map((group) => group.crawlDelay ?? 0));
    // A page in its place hides what the site may have meant to say; lines of robots.txt in it count all the same.
    const isPage = PAGE.test(body.subarray(0, 512).toString('latin1'));
    const page: RightsSignal = {
      mechanism: 'robots.txt',
      scope: 'origin',
      raw: 'a page instead of robots.txt',
      verdict: 'record',
      ...origin,
    };
    return {
      signalsFor: (path) => [...robotsSignals(file, path, origin), ...(isPage ? [page] : [])],
      licenses: file.licenses,
      crawlDelay,
    };
  },
  'tdmrep.json': (body, _names, origin) => {
    const rules = readTdmRep(body) ?? [];
    const signalsFor = (path: string): RightsSignal[] => {
      const rule = tdmRuleFor(rules, path);
      if (rule === undefined) return [];
      const { verdict, raw } = rule;
      return [{ mechanism: 'tdmrep.json', scope: 'path', raw: rawText(raw), verdict, ...origin }];
    };
    return { signalsFor, licenses: [], crawlDelay: 0 };
  },
  'ai.txt': (body, names, origin) => {
    const groups = readAiTxt(body, names);
    const signalsFor = (path: string): RightsSignal[] =>
      groups.flatMap((group): RightsSignal[] => {
        const rule = decidingRule(group, path);
        if (rule?.allows !== false) return [];
        return [{ mechanism: 'ai.txt', scope: 'path', raw: rawText(rule.raw), verdict: 'deny', ...origin }];
      });
    return { signalsFor, licenses: [], crawlDelay: 0 };
  },
};

/** Reads a file for the robots that we are. Any bytes can be read. */
export function readRuleFile(file: RuleFile, body: Buffer, names: RobotNames, origin: Origin): FileRules {
  return READERS[file](body, names, origin);
}
