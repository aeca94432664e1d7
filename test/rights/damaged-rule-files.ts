import { randomNumbers } from '../../bench/web/model/random.ts';
import { RULE_FILES } from '../../src/core/rights/rule-files.ts';
import { readRuleFile } from '../../src/rights/files/rule-file.ts';
import { mutate } from '../support/bytes/mutate.ts';

const FILES = {
  'robots.txt':
    'User-agent: laion-fetch\nDisallow: /a*b$\nAllow: /é/%7e\nContent-Usage: /x train-ai=n\nCrawl-delay: 2\n\nUser-agent: *\nContent-Signal: ai-train=no\nLicense: https://a.example/rsl.xml\n',
  'tdmrep.json': '[{"location":"/a*b$","tdm-reservation":1},{"location":"/","tdm-reservation":0}]',
  'ai.txt': '# Spawning AI\nUser-Agent: *\nDisallow: *.jpg\nDisallow: /\n',
} as const;
const PATHS = ['/', '/a/b', '/x.jpg', `/${'a'.repeat(8_000)}b`];

/** Reads damaged files of rules and asks them about paths. Whatever that throws is thrown. `found`: files with a signal. */
export function damagedRuleFiles({ count, seed }: { count: number; seed: number }) {
  const draw = randomNumbers(seed);
  let [read, found, slowestMs] = [0, 0, 0];
  for (; read < count; read += 1) {
    const file = RULE_FILES[read % RULE_FILES.length] ?? 'robots.txt';
    const damaged = mutate(Buffer.from(FILES[file]), draw);
    const startedAt = performance.now();
    const rules = readRuleFile(
      file,
      damaged,
      { ours: ['laion-fetch'], others: ['gptbot'] },
      { source: 'http://a.example/', at: 0 },
    );
    const signals = PATHS.flatMap((path) => rules.signalsFor(path));
    slowestMs = Math.max(slowestMs, performance.now() - startedAt);
    if (signals.length > 0) found += 1;
  }
  return { read, found, slowestMs };
}
