import { type RightsSignal, type RightsVerdict, rawText } from '../../core/rights/signal.ts';
import { contentSignal } from '../statements/content-signal.ts';
import { contentUsage } from '../statements/content-usage.ts';
import { decidingRule, type RobotsFile, usageFor } from './robots-file.ts';

/** Where and when a file was fetched, as its signals say. */
export type Origin = Pick<RightsSignal, 'source' | 'at' | 'sha256'>;

/** What robots.txt says about the path (with its query) of a URL, but for the licences that it names. */
export function robotsSignals(file: RobotsFile, path: string, origin: Origin): RightsSignal[] {
  const signals: RightsSignal[] = [];
  const say = (
    mechanism: RightsSignal['mechanism'],
    scope: RightsSignal['scope'],
    verdict: RightsVerdict,
    raw: string,
  ): void => void signals.push({ mechanism, scope, raw: rawText(raw), verdict, ...origin });
  for (const group of file.ours) {
    const rule = decidingRule(group, path);
    if (rule?.allows === false) say('robots.txt', 'path', 'deny', rule.raw);
    // No preference about what may not be fetched.
    else
      for (const { preference, raw } of usageFor(group, path)) {
        say('robots-content-usage', 'path', contentUsage(preference), raw);
      }
    for (const value of group.signals) {
      say('robots-content-signal', 'origin', contentSignal(value), `Content-Signal: ${value}`);
    }
  }
  for (const [robot, group] of file.others) {
    const rule = decidingRule(group, path);
    if (rule?.allows === false) say('robots-ai-bots', 'path', 'record', `${robot}: ${rule.raw}`);
  }
  return signals;
}
