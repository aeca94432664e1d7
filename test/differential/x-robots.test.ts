import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  createOptOutPolicy,
  DEFAULT_OPT_OUT_DIRECTIVES,
  refusesUse,
} from '../../src/fetch/http/x-robots-tag.ts';
import { type HeaderCase, headerCases } from './x-robots-cases.ts';

/** What `npm run x-robots` has recorded of img2dataset 1.47.0: 1 for a refusal, in the order of the cases. */
const answers = readFileSync(new URL('x-robots-answers.txt', import.meta.url), 'latin1').replaceAll('\n', '');

/** Why laion-fetch refuses what img2dataset allows; the first that is true of a case counts. */
const REASONS: readonly (readonly [
  reason: string,
  isTrue: (line: string, token: string | null) => boolean,
])[] = [
  ['noml and none refuse, too', (line) => /\b(?:noml|none)\b/i.test(line)],
  [
    'the names of every robot, and our own, are not those of others',
    (line, token) =>
      new RegExp(
        `(?:\\*|robots|x-robots-tag|all|laion-fetch|img2dataset|laiondownloader|${token ?? '-'})[\\s/\\d.]*:`,
        'i',
      ).test(line),
  ],
  [
    'a colon may belong to a directive',
    (line) => /(?:max-snippet|max-image-preview|unavailable_after|noai|noindex) *:/i.test(line),
  ],
  [
    'a name limits what stands behind it, not what stands before',
    (line) => /noai|noindex/i.test(line.split(/[\w-]+: /)[0] ?? ''),
  ],
  [
    'directives may be separated by semicolons, bars and blanks',
    (line) => /[;|]|noai no|no\w+ no/i.test(line),
  ],
  ['directives may be hyphenated, quoted or have a value', (line) => /no[-_]ai|["[=]/i.test(line)],
];

const policyOf = ({ token }: HeaderCase) =>
  createOptOutPolicy(DEFAULT_OPT_OUT_DIRECTIVES, token === null ? [] : [token]);

test('X-Robots-Tag: whatever img2dataset refuses is refused, and what else is has a reason', () => {
  const cases = headerCases();
  expect(answers).toHaveLength(cases.length);
  const unexplained: string[] = [];
  const counts = new Map<string, number>();
  for (const [at, each] of cases.entries()) {
    const [ours, theirs] = [refusesUse(each.lines, policyOf(each)), answers[at] === '1'];
    if (ours === theirs) continue;
    const reason = ours
      ? REASONS.find(([, isTrue]) => each.lines.some((line) => isTrue(line, each.token)))
      : undefined;
    if (reason === undefined) unexplained.push(`${JSON.stringify(each)} ours ${ours}`);
    else counts.set(reason[0], (counts.get(reason[0]) ?? 0) + 1);
  }
  expect(unexplained).toEqual([]);
  // Each reason is needed.
  expect([...counts.keys()].sort()).toEqual(REASONS.map(([reason]) => reason).sort());
});
