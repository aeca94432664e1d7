/** Robot names by which X-Robots-Tag addresses us: our own, and those of the tools that we replace. */
const OUR_TOKENS = ['laion-fetch', 'img2dataset', 'laiondownloader'];
export const DEFAULT_OPT_OUT_DIRECTIVES: readonly string[] = [
  'noai',
  'noimageai',
  'noml',
  'noindex',
  'noimageindex',
  'none',
];

const MAX_LINE_LENGTH = 8192;
/** Directives with a value after a colon; the part before it is not a robot name. */
const VALUED = new Set(['unavailable_after', 'max-snippet', 'max-image-preview', 'max-video-preview']);

export interface OptOutPolicy {
  /** Lower-case directives that refuse the use of an image; an empty set turns the check off. */
  readonly directives: ReadonlySet<string>;
  /** Lower-case robot names by which we are addressed. */
  readonly tokens: ReadonlySet<string>;
}

export function createOptOutPolicy(directives: readonly string[], ownToken: string | null): OptOutPolicy {
  const tokens = ownToken === null ? OUR_TOKENS : [...OUR_TOKENS, ownToken.trim().toLowerCase()];
  return { directives: new Set(directives.map((name) => name.toLowerCase())), tokens: new Set(tokens) };
}

/**
 * Whether the X-Robots-Tag lines of an answer refuse the use of the image. A line is a list of directives. A robot name
 * before a colon limits the directives after it to that robot, until the next name in the line.
 */
export function refusesUse(lines: readonly string[], policy: OptOutPolicy): boolean {
  return (
    policy.directives.size > 0 && lines.some((line) => lineRefuses(line.slice(0, MAX_LINE_LENGTH), policy))
  );
}

function lineRefuses(line: string, { directives, tokens }: OptOutPolicy): boolean {
  let forUs = true;
  for (const part of line.toLowerCase().split(/[,;]/)) {
    const separator = part.search(/[:=]/);
    const name = part.slice(0, separator).trim();
    const isScope = separator !== -1 && !VALUED.has(name);
    if (isScope) forUs = name === '*' || tokens.has(name);
    const directive = (isScope ? part.slice(separator + 1) : part).trim();
    if (forUs && directives.has(directive)) return true;
  }
  return false;
}
