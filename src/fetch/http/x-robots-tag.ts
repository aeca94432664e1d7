import { OUR_TOKENS } from '../../core/rights/policies.ts';

/** What stands in the place of a robot's name and means every robot. */
const ALL_ROBOTS = ['*', 'robots', 'robot', 'user-agent', 'x-robots-tag', 'robots-tag', 'content'];
export const DEFAULT_OPT_OUT_DIRECTIVES: readonly string[] = [
  'noai',
  'noimageai',
  'noml',
  'noindex',
  'noimageindex',
  'none',
];

/** Directives, without hyphens. Before a colon they are no robot's name, and after one they show that there is a name. */
const DIRECTIVES: ReadonlySet<string> = new Set([
  ...DEFAULT_OPT_OUT_DIRECTIVES,
  'all',
  'archive',
  'follow',
  'imageindex',
  'index',
  'indexifembedded',
  'noarchive',
  'nocache',
  'nofollow',
  'noimageclick',
  'noodp',
  'nositelinkssearchbox',
  'nosnippet',
  'notranslate',
  'noydir',
  'snippet',
]);
/** Directives with a value, in their many spellings. Their value may be `none`, which then refuses nothing. */
const VALUED = /^max[-_]|unavailable|preview|snippet/;
/** A word, with the colon or equals sign after it; or the end of a part. */
const WORDS = /([a-z0-9_.*/-]+)( *[:=])?|,/g;

export interface OptOutPolicy {
  /** Directives that refuse the use of an image, lower-case and without hyphens. If there are none, nothing is checked. */
  readonly directives: ReadonlySet<string>;
  /** Lower-case robot names by which we are addressed, alone or with all others. */
  readonly tokens: ReadonlySet<string>;
}

/** `ownTokens`: more names by which we are addressed. */
export function createOptOutPolicy(
  directives: readonly string[],
  ownTokens: readonly string[],
): OptOutPolicy {
  return {
    directives: new Set(directives.map((name) => bare(name.toLowerCase()))),
    tokens: new Set([...OUR_TOKENS, ...ALL_ROBOTS, ...ownTokens.map((token) => token.trim().toLowerCase())]),
  };
}

/**
 * Whether the X-Robots-Tag lines of an answer refuse the use of the image. A line is a list of directives. The name of
 * another robot and a colon, at the start of the line or after a comma, limit the directives after it to that robot,
 * until the next name in the line. Servers write these lines in many ways: what can be read as a refusal is one. So
 * directives may be quoted, separated by anything and followed by a value, and nothing hides them but another robot's
 * name with a known directive after it.
 */
export function refusesUse(lines: readonly string[], policy: OptOutPolicy): boolean {
  return policy.directives.size > 0 && lines.some((line) => lineRefuses(line, policy));
}

/** Whether a line names one of the directives, for whichever robot. */
export function mentionsOptOut(line: string, { directives }: OptOutPolicy): boolean {
  const words = wordsOf(line);
  return words.some(
    ([, word], at) => word !== undefined && names(word, directives) && !isHarmless(word, words[at - 1]),
  );
}

function wordsOf(line: string): readonly RegExpExecArray[] {
  const text = line
    .toLowerCase()
    .replace(/[;|]/g, ',')
    .replace(/[^a-z0-9_.*/:=,-]/g, ' ');
  return [...text.matchAll(WORDS)];
}

function lineRefuses(line: string, { directives, tokens }: OptOutPolicy): boolean {
  const words = wordsOf(line);
  let isForUs = true;
  // In a list of names that ends in a colon: `laion-fetch, otherbot: noai`.
  let isListed = false;
  for (const [at, [, word, colon]] of words.entries()) {
    if (word === undefined) continue;
    if (tokens.has(word) || tokens.has(withoutVersion(word))) {
      isForUs = true;
      isListed ||= colon === undefined;
    } else if (colon !== undefined && isAnotherRobot(words, at, directives)) isForUs = isListed;
    else if (isForUs && names(word, directives) && !isHarmless(word, words[at - 1])) return true;
  }
  return false;
}

/** Whether the word with a colon is a robot's name: a plain token that starts a part and has a directive after it. */
function isAnotherRobot(
  words: readonly RegExpExecArray[],
  at: number,
  directives: ReadonlySet<string>,
): boolean {
  const isDirective = (word: string): boolean =>
    DIRECTIVES.has(bare(word)) || directives.has(bare(word)) || VALUED.test(word);
  const [name, next] = [words[at]?.[1], words[at + 1]?.[1]];
  const startsPart = words[at - 1] === undefined || words[at - 1]?.[0] === ',';
  if (!startsPart || name === undefined || next === undefined) return false;
  return !name.includes('*') && !isDirective(name) && isDirective(next);
}

/** `max-image-preview: none` asks for no preview. */
function isHarmless(word: string, before: RegExpExecArray | undefined): boolean {
  return word === 'none' && before?.[2] !== undefined && VALUED.test(before[1] ?? '');
}

/** Whether a word is one of the directives, or several without a blank, such as `noindex/noai`. */
function names(word: string, directives: ReadonlySet<string>): boolean {
  return word.split(/[./*]/).some((part) => directives.has(bare(part)));
}

/** `no-ai` and `no_ai` say what `noai` says. */
const bare = (directive: string): string => directive.replace(/[-_]/g, '');
const withoutVersion = (robot: string): string => robot.split('/', 1)[0] ?? robot;
