import type { Column, ColumnType } from '../../core/columns.ts';

/** Result of a detection by name: the column to use, or the candidates from which the user must choose. */
export type Detected =
  | { readonly found: number }
  | { readonly found: null; readonly candidates: readonly number[] };

const NOTHING: Detected = { found: null, candidates: [] };

/** Usual names of columns, in any case; those of a list count only if no column has one of an earlier list. */
const URL_NAMES = [['url']];
const CAPTION_NAMES = [['text', 'caption', 'alt'], ['alt_text']];

const ABOUT_URLS = new Set(['url', 'urls', 'uri', 'uris', 'link', 'links', 'href', 'src']);
const ABOUT_IMAGES = new Set([
  'image',
  'images',
  'img',
  'imgs',
  'picture',
  'pictures',
  'pic',
  'original',
  'media',
]);
/** Names of columns with all images of a document. */
const LISTS_OF_IMAGES = new Set(['images', 'image', 'imgs', 'pictures', 'info', 'infos', 'list', 'media']);
/** Words of URLs that lead to a page, a person, a smaller copy or a licence instead of the image. */
const ELSEWHERE = new Set([
  ...[
    'page',
    'pages',
    'site',
    'website',
    'web',
    'html',
    'landing',
    'home',
    'homepage',
    'permalink',
    'document',
    'doc',
  ],
  ...[
    'profile',
    'author',
    'user',
    'owner',
    'creator',
    'artist',
    'photographer',
    'source',
    'referrer',
    'referer',
  ],
  ...['thumb', 'thumbs', 'thumbnail', 'thumbnails', 'thumbnail300k', 'preview', 'icon', 'logo', 'avatar'],
  ...['license', 'licence', 'rights', 'video', 'audio', 'local', 'path', 'foreign'],
]);

const ABOUT_CAPTIONS = new Set(['caption', 'captions', 'description', 'title', 'alt', 'alttext']);
/** Words of columns that say something about a caption, or describe something else. */
const NOT_CAPTIONS = new Set([
  ...[
    'length',
    'len',
    'count',
    'num',
    'number',
    'score',
    'similarity',
    'lang',
    'language',
    'id',
    'ids',
    'hash',
    'tokens',
  ],
  ...[
    'model',
    'type',
    'bbox',
    'boxes',
    'embedding',
    'is',
    'has',
    'url',
    'page',
    'section',
    'site',
    'author',
    'user',
  ],
  ...[
    'owner',
    'artist',
    'album',
    'location',
    'license',
    'licence',
    'attribution',
    'source',
    'file',
    'date',
    'time',
  ],
]);

/**
 * Finds the column with the URLs of the images. This is the column `url` unless the name of another column mentions
 * images. Columns with URLs of pages, profiles or thumbnails are never chosen.
 */
export function detectUrl(columns: readonly Column[]): Detected {
  const exact = detectByName(columns, URL_NAMES);
  const ofImages = having(
    columns,
    (words, { type }) =>
      (isUrl(words) && words.some(isIn(ABOUT_IMAGES))) ||
      (words.every(isIn(LISTS_OF_IMAGES)) && holdsUrls(type)),
  );
  const named = union(exact, ofImages);
  if (named.length > 0) return only(named);
  return only(having(columns, (words, { type }) => (isText(type) || isListOfUrls(type)) && isUrl(words)));
}

/** Finds the column with the captions. Numbers and lists are captions only if they have one of the usual names. */
export function detectCaption(columns: readonly Column[], url: number): Detected {
  const isOther = (index: number): boolean => index !== url;
  const exact = detectByName(columns, CAPTION_NAMES).filter(isOther);
  if (exact.length > 0) return only(exact);
  return only(
    having(
      columns,
      (words, { type }) =>
        isText(type) && words.some(isIn(ABOUT_CAPTIONS)) && !words.some(isIn(NOT_CAPTIONS)),
    ).filter(isOther),
  );
}

/** Positions of the columns with a name of the first list that has any. */
function detectByName(columns: readonly Column[], lists: readonly (readonly string[])[]): readonly number[] {
  const found = lists.map((names) => positions(columns, ({ name }) => names.includes(name.toLowerCase())));
  return found.find((each) => each.length > 0) ?? [];
}

function only(found: readonly number[]): Detected {
  const [first, ...others] = found;
  if (first === undefined) return NOTHING;
  return others.length === 0 ? { found: first } : { found: null, candidates: found };
}

const positions = (columns: readonly Column[], isMatch: (column: Column) => boolean): readonly number[] =>
  columns.flatMap((column, index) => (isMatch(column) ? [index] : []));

const having = (
  columns: readonly Column[],
  isMatch: (words: readonly string[], column: Column) => boolean,
): readonly number[] => positions(columns, (column) => isMatch(wordsOf(column.name), column));

/** Other words that names in one case are put together of, as in `downloadurl`. */
const FURTHER_WORDS = ['download', 'photo', 'raw', 'full', 'large', 'reference'];

const KNOWN_WORDS: ReadonlySet<string> = new Set([
  ...[...ABOUT_URLS, ...ABOUT_IMAGES, ...ELSEWHERE, ...ABOUT_CAPTIONS, ...NOT_CAPTIONS, ...FURTHER_WORDS],
  'text',
]);

/** The words that a word without a mark or a capital between them is put together of; itself if there are none. */
function splitWord(word: string): readonly string[] {
  return segments(word) ?? [word];
}

function segments(word: string): readonly string[] | null {
  if (word === '' || KNOWN_WORDS.has(word)) return word === '' ? [] : [word];
  for (let end = word.length - 1; end > 0; end -= 1) {
    const rest = KNOWN_WORDS.has(word.slice(0, end)) ? segments(word.slice(end)) : null;
    if (rest !== null) return [word.slice(0, end), ...rest];
  }
  return null;
}

/** The words of a name: `OriginalURL`, `original_url`, `originalUrl` and `originalurl` have the same. */
function wordsOf(name: string): readonly string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .flatMap(splitWord);
}

const union = (a: readonly number[], b: readonly number[]): readonly number[] =>
  [...new Set([...a, ...b])].sort((left, right) => left - right);

const isIn =
  (words: ReadonlySet<string>) =>
  (word: string): boolean =>
    words.has(word);

const isUrl = (words: readonly string[]): boolean =>
  words.some(isIn(ABOUT_URLS)) && !words.some(isIn(ELSEWHERE));

const isText = ({ kind }: ColumnType): boolean => kind === 'string' || kind === 'json' || kind === 'bytes';

const isListOfUrls = (type: ColumnType): boolean => type.kind === 'list' && holdsUrls(type);

/** Whether values of a type without a name of its own may hold several URLs. A struct with bytes is an image itself. */
function holdsUrls(type: ColumnType): boolean {
  if (type.kind === 'list') return type.element.kind === 'string' || holdsUrls(type.element);
  if (type.kind === 'struct') return type.fields.some(({ name }) => isUrl(wordsOf(name)));
  return type.kind === 'json';
}
