import { formatCount, plural } from '../../util/text/units.ts';
import type { Credit } from './attribution-columns.ts';

const MAX_GROUPS = 200_000;
const MAX_CREATORS_SHOWN = 1_000;
const UNKNOWN = 'Licence unknown';
const NOBODY = 'Creator unknown';

interface Group {
  images: number;
  /** A page or an image of the group. */
  readonly example: string;
}

/** Counts images by licence and creator, and says so as a page in Markdown that can stand beside the dataset. */
export class AttributionText {
  readonly #licences = new Map<string, Map<string, Group>>();
  #images = 0;
  #creators = 0;
  #groups = 0;
  #licensed = 0;

  add(credit: Credit, url: string): void {
    this.#images += 1;
    if (credit.creator !== null) this.#creators += 1;
    if (credit.licences.length > 0) this.#licensed += 1;
    const licence = credit.licences.length === 0 ? UNKNOWN : credit.licences.join(' or ');
    const creators = this.#licences.get(licence) ?? new Map<string, Group>();
    this.#licences.set(licence, creators);
    // Beyond the limit, images count among those of creators that are not named here.
    const name = credit.creator !== null && this.#groups < MAX_GROUPS ? credit.creator : NOBODY;
    const group = creators.get(name);
    if (group !== undefined) group.images += 1;
    else {
      creators.set(name, { images: 1, example: credit.page ?? url });
      this.#groups += 1;
    }
  }

  text(): string {
    const sections = [...this.#licences]
      .map(([licence, creators]) => ({ licence, creators, images: sum(creators) }))
      .sort((a, b) => b.images - a.images || compare(a.licence, b.licence))
      .flatMap(section);
    return [
      '# Attribution',
      '',
      `This dataset has ${plural(this.#images, 'image')}. The index that it was made from names a licence for ` +
        `${formatCount(this.#licensed)} of them and a creator for ${formatCount(this.#creators)}. The rights in ` +
        'each image remain with its owner. `ATTRIBUTION.parquet` has a row for each image, with its address, its ' +
        'creator and its licence as the index gives them.',
      '',
      ...sections,
    ].join('\n');
  }
}

function section({
  licence,
  creators,
  images,
}: {
  licence: string;
  creators: Map<string, Group>;
  images: number;
}) {
  const inOrder = [...creators].sort(([a, x], [b, y]) => y.images - x.images || compare(a, b));
  const shown = inOrder.slice(0, MAX_CREATORS_SHOWN);
  const rest = inOrder.length - shown.length;
  const address = licenceAddress(licence);
  return [
    `## ${escaped(licence)}`,
    '',
    `${plural(images, 'image')}${address === null ? '' : `, under ${address}`}.`,
    '',
    ...shown.map(
      ([name, { images: count, example }]) =>
        `- ${escaped(name)}: ${plural(count, 'image')}, such as <${example.replace(/[<>\s]/g, encodeURIComponent)}>`,
    ),
    ...(rest > 0 ? [`- and ${plural(rest, 'other creator')}`] : []),
    '',
  ];
}

/** The address of the text of a licence of Creative Commons; null for others. */
function licenceAddress(id: string): string | null {
  if (id === 'CC0-1.0') return 'https://creativecommons.org/publicdomain/zero/1.0/';
  if (id === 'CC-PDM-1.0') return 'https://creativecommons.org/publicdomain/mark/1.0/';
  const [, name, version, port] = /^CC-([A-Z-]+?)-(\d\.\d)(?:-([A-Z]+))?$/.exec(id) ?? [];
  if (name === undefined || version === undefined) return null;
  const place = port === undefined ? '' : `${port.toLowerCase()}/`;
  return `https://creativecommons.org/licenses/${name.toLowerCase()}/${version}/${place}`;
}

const sum = (groups: ReadonlyMap<string, Group>): number =>
  [...groups.values()].reduce((total, { images }) => total + images, 0);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Text that Markdown shows as it is. */
const escaped = (text: string): string => text.replace(/[\\`*_{}[\]<>#|!]/g, '\\$&');
