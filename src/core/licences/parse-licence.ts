import { ccLicence, type Licence, plainLicence } from './families.ts';

const MAX_CHARACTERS = 4096;

/** Numbers of Flickr's API, which YFCC and COCO use as well. */
const FLICKR: readonly Licence[] = [
  plainLicence('all-rights-reserved'),
  ...['by-nc-sa', 'by-nc', 'by-nc-nd', 'by', 'by-sa', 'by-nd'].flatMap(
    (name) => ccLicence(name, '2.0') ?? [],
  ),
  plainLicence('no-known-restrictions'),
  plainLicence('us-gov'),
  plainLicence('cc0'),
  plainLicence('pdm'),
  ...['by', 'by-sa', 'by-nd', 'by-nc', 'by-nc-sa', 'by-nc-nd'].flatMap(
    (name) => ccLicence(name, '4.0') ?? [],
  ),
];

const CC_URL =
  /creativecommons\.org\/(?:licen[sc]es|publicdomain|choose)\/([a-z+-]+)(?:\/(\d(?:\.\d)?)(?:\/(?!deed|legal|rdf)([a-z]{2,3}(?=\W|$)))?)?/g;
/** Addresses of other licences. */
const ADDRESSES: readonly (readonly [address: RegExp, family: Parameters<typeof plainLicence>[0]])[] = [
  [/\bunsplash\.com\/licen[sc]e/, 'unsplash'],
  [/\bpexels\.com\/(?:[a-z-]+\/)?(?:photo-)?licen[sc]e/, 'pexels'],
  [/\bpixabay\.com\/(?:[a-z]{2}\/)?service\/(?:licen[sc]e|terms)/, 'pixabay'],
  [/\bgnu\.org\/(?:licenses|copyleft)\/fdl/, 'gfdl'],
  [/\bartlibre\.org\/licen[sc]e/, 'fal'],
  [/\bnationalarchives\.gov\.uk\/doc\/open-government-licence/, 'ogl'],
  [/\bopendatacommons\.org\/licenses\/odbl/, 'odbl'],
  [/\bopensource\.org\/licenses?\/mit\b/, 'mit'],
  [/\bapache\.org\/licenses\/license-2\.0/, 'apache'],
];
const RIGHTS_STATEMENT = /rightsstatements\.org\/(?:vocab|page)\/([a-z-]+)/g;
/** Countries and organisations that Creative Commons' licences were ported to. */
const PORTS =
  'am|ar|at|au|az|be|bg|br|ca|ch|cl|cn|co|cr|cz|de|dk|ec|ee|eg|es|fi|fr|ge|gr|gt|hk|hr|hu|ie|igo|il|in|it|jo|jp|kr|lu|mk|mt|mx|my|ng|ni|nl|no|nz|pe|ph|pl|pr|pt|ro|rs|scotland|se|sg|si|th|tw|ug|uk|us|ve|vn|za';
const ELEMENTS = '(?:by|nc|nd|sa)(?:[ +/-]+(?:by|nc|nd|sa))*';
/** `cc by-nc 4.0`, `cc-by-sa-3.0-de`, `cc by-nd/2.0`; of Wikimedia also several versions, `cc-by-sa-3.0,2.5`. */
const CC_SHORT = new RegExp(
  `(?:^|[^a-z])(?:cc|creative commons)[ :-]*(${ELEMENTS})(?![a-z])[ /-]*(?:v(?:ersion)? ?)?` +
    `((?:\\d(?:\\.\\d)?(?:, ?(?=\\d)|(?![\\d.])))+)?(?:[ /-]?(${PORTS})(?![a-z]))?`,
  'g',
);
/** The same without `cc`, which only a whole text can be. */
const BARE_SHORT = new RegExp(`^${ELEMENTS}(?:[ /-]*v?\\d(?:\\.\\d)?(?:[ /-](?:${PORTS}))?)?$`);
const CC_WORDS =
  /attribution((?:[ -]*(?:non[ -]?commercial|no[ -]?deriv(?:s|ative|atives)?(?: works)?|share[ -]?alike))*)(?![a-z])(?:[a-z,() ]{0,60}?(\d\.\d)(?![\d.]))?/g;

const WORDS: readonly (readonly [pattern: RegExp, family: Parameters<typeof plainLicence>[0]])[] = [
  [/\bcc[ -]?(?:0|zero)\b|creative commons zero|\bzero(?: v?1\.0)? universal|\bcc[ -]?pddc\b/, 'cc0'],
  [/public domain mark|\bcc?[ -]?pdm?\b(?![ -][a-z])|^pdm\b|\bpd-?mark\b/, 'pdm'],
  [/pd[ -]us-?gov|pd-nasa|u(?:nited |\.)?s(?:tates|\.)?[ -]gov(?:ernment)?\b|^us-gov$/, 'us-gov'],
  [
    /no known (?:copyright )?restrictions?|no-known-(?:copyright-)?restrictions|^no known copyright$/,
    'no-known-restrictions',
  ],
  [
    /public[ -]?domain|(?:^|[^a-z])pd(?:[ -](?:self|old|art|user|author|us|ineligible|shape|textlogo|anon|1923|scan|[a-z]+))?(?![a-z])|copyrighted free use|no copyright(?! ?-(?! united states| in the united states))/,
    'public-domain',
  ],
  [/^(?:cc[ -])?(?:nc-)?sampling(?: ?\+|[ -]plus)?(?: 1\.0)?$/, 'sampling'],
  [/\bgfdl\b|gnu free documentation/, 'gfdl'],
  [/\bfal\b|free art licen[sc]e|licence art libre|\blal\b/, 'fal'],
  [/\bogl\b|open government licen[sc]e/, 'ogl'],
  [/\bodbl\b|open (?:data commons open )?database licen[sc]e/, 'odbl'],
  [/^mit(?: licen[sc]e)?$/, 'mit'],
  [/^apache(?:[ -]?(?:licen[sc]e)?,?(?: version)?[ -]?2(?:\.0)?)?$/, 'apache'],
  [/\bunsplash\b/, 'unsplash'],
  [/\bpexels\b/, 'pexels'],
  [/\bpixabay\b/, 'pixabay'],
  [
    /all rights reserved|^in copyright\b|^(?:©|\(c\)|copyright\b(?! (?:not evaluated|undetermined)))/,
    'all-rights-reserved',
  ],
];

/**
 * The licences that a text names, as people and programs write them: addresses of Creative Commons in all versions and
 * ports, SPDX identifiers, abbreviations, full names, numbers of Flickr, templates of Wikimedia, rights statements. Several
 * are alternatives. Empty for a text that names none, such as LAION's `?`.
 */
export function parseLicences(text: string): readonly Licence[] {
  const plain = text
    .slice(0, MAX_CHARACTERS)
    .trim()
    .toLowerCase()
    // GBIF writes `CC_BY_NC_4_0`.
    .replace(/(?<=^cc[a-z0_]*_\d)_(?=\d$)/i, '.')
    .replace(/[_\s]+/g, ' ');
  if (/^\d{1,2}$/.test(plain)) return [FLICKR[Number(plain)] ?? []].flat();
  const linked = [...urlLicences(plain)];
  if (linked.length > 0) return unique(linked);
  // Names of licences may be parts of other words' addresses.
  const words = plain.replace(/https?:\/\/\S+/g, ' ').replace(/[{}|[\]]+/g, ' | ');
  const named = words.split(/ \| |;| or /).flatMap((part) => namedLicences(part.trim()));
  return unique(named);
}

function* urlLicences(text: string): Generator<Licence> {
  for (const [, name = '', version, port] of text.matchAll(CC_URL)) {
    if (name === 'zero') yield plainLicence('cc0');
    else if (name === 'mark') yield plainLicence('pdm');
    else if (name === 'publicdomain' || name === 'certification') yield plainLicence('public-domain');
    else if (name.includes('sampling')) yield plainLicence('sampling');
    else {
      const licence = ccLicence(name, version, port);
      if (licence !== null) yield licence;
    }
  }
  for (const [, name = ''] of text.matchAll(RIGHTS_STATEMENT)) {
    if (name === 'nkc') yield plainLicence('no-known-restrictions');
    else if (name.startsWith('inc')) yield plainLicence('all-rights-reserved');
    else if (name === 'noc-us') yield plainLicence('public-domain');
  }
  for (const [address, family] of ADDRESSES) if (address.test(text)) yield plainLicence(family);
}

function namedLicences(text: string): Licence[] {
  const found: Licence[] = [];
  const short = BARE_SHORT.test(text) ? `cc ${text}` : text;
  for (const [, elements = '', versions = '', port] of short.matchAll(CC_SHORT)) {
    for (const version of versions.split(/, ?/))
      found.push(...[ccLicence(elements, version, port) ?? []].flat());
  }
  if (found.length > 0) return found;
  const isLicence = /creative commons|licen[sc]e|\bcc\b/.test(text);
  for (const [, elements = '', version] of text.matchAll(CC_WORDS)) {
    // Attribution alone may be what any text asks for.
    if (elements === '' && version === undefined && !isLicence) continue;
    const parts = elements
      .replace(/non[ -]?commercial/g, 'nc')
      .replace(/no[ -]?deriv\w*(?: works)?/g, 'nd')
      .replace(/share[ -]?alike/g, 'sa');
    found.push(...[ccLicence(`by ${parts}`, version) ?? []].flat());
  }
  const word = WORDS.find(([pattern]) => pattern.test(text));
  return word === undefined || found.length > 0 ? found : [plainLicence(word[1])];
}

const unique = (licences: readonly Licence[]): Licence[] => [
  ...new Map(licences.map((licence) => [licence.id, licence])).values(),
];
