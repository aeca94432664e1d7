/** A case: the X-Robots-Tag lines of an answer, and the word of `--user_agent_token`. */
export interface HeaderCase {
  readonly lines: readonly string[];
  readonly token: string | null;
}

/** The vectors of the specifications and of field reports. */
const KNOWN: readonly (readonly string[])[] = [
  ...['noai', 'NOAI', 'noimageai', 'noindex', 'noimageindex', 'noml', 'none', 'all', 'nofollow', ''],
  ...[
    'noaix',
    'xnoai',
    'noai;',
    'nofollow; noimageindex',
    'noai noimageai',
    'nofollow|noai',
    'no-ai',
    'NO_AI',
  ],
  ...['"noai"', '[noai]', 'noai: true', 'noai=1', 'noai:', 'noindex: googlebot', 'noindex, nofollow'],
  ...['googlebot: noindex', 'otherbot: noai', 'otherbot: noindex, noai', 'noai, googlebot: noindex'],
  ...['*: noai', 'robots: noai', 'X-Robots-Tag: noai', 'all: noai', 'name="robots" content="noai"'],
  ...[
    'laion-fetch: noai',
    'img2dataset: noai',
    'LAIONDownloader: noimageai',
    'mycrawler: noindex',
    'MyCrawler: noai',
  ],
  ...['mycrawler : noai', ' mycrawler: noai', 'mycrawler/1.0: noai', 'mycrawler: nofollow, noai'],
  ...['googlebot: nofollow, otherbot: noindex, img2dataset: noai', 'otherbot: nofollow, *: noai'],
  ...['otherbot: noindex, mycrawler: nofollow', 'mycrawler: nofollow, otherbot: noindex'],
  ...[
    'max-snippet: -1, max-image-preview: large',
    'max-image-preview: none',
    'max-image-preview: none, noai',
  ],
  ...['unavailable_after: 25 Jun 2030 15:00:00 PST', 'unavailable_after: 25 Jun 2030 15:00:00 PST, noai'],
  ...[
    'noai, unavailable_after: 25 Jun 2030 15:00:00 PST',
    'noindex, max-snippet: 5',
    'max-snippet: 5, noindex',
  ],
].map((line) => [line]);

const SEVERAL: readonly (readonly string[])[] = [
  ['nofollow', 'noimageai'],
  ['otherbot: noai', 'noindex'],
  ['otherbot: noai', 'anotherbot: none'],
  ['otherbot: nofollow', 'mycrawler: noai'],
];

const NAMES = ['', '*: ', 'otherbot: ', 'mycrawler: ', 'img2dataset: ', 'robots: '];
const DIRECTIVES = ['noai', 'NoIndex', 'nofollow', 'none', 'max-snippet: 5', 'noml'];
const SEPARATORS = [', ', ',', '; ', ' '];

/** Every name, with every pair of directives and every separator: in a line, and before and after a second name. */
function* generated(): Generator<readonly string[]> {
  for (const name of NAMES) {
    for (const first of DIRECTIVES) {
      for (const second of DIRECTIVES) {
        if (first === second) yield [`${name}${first}`];
        else for (const separator of SEPARATORS) yield [`${name}${first}${separator}${second}`];
        yield [`${name}${first}, otherbot: ${second}`];
        yield [`nofollow, ${name}${first}`, second];
      }
    }
  }
}

export function headerCases(): HeaderCase[] {
  const lines = [...KNOWN, ...SEVERAL, ...generated()];
  const different = [...new Map(lines.map((each) => [JSON.stringify(each), each])).values()];
  return different.flatMap((each) => [null, 'mycrawler'].map((token) => ({ lines: each, token })));
}
