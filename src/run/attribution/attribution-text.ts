import { licenceAddress, licenceName } from '../../core/licences/licence-names.ts';
import { formatCount, plural } from '../../util/text/units.ts';
import { type Credit, type CreditSource, licencesDiffer } from './credit.ts';

const MAX_GROUPS = 200_000;
const MAX_CREATORS_SHOWN = 1_000;
const MAX_DIFFERENCES = 100;
const UNKNOWN = 'Licence unknown';
const NOBODY = 'Creator unknown';

interface Group {
  images: number;
  /** A page or an image of the group, with its title. */
  readonly example: string;
  readonly title: string | null;
  /** The first copyright notice, and whether others of the group have another one. */
  readonly copyright: string | null;
  hasOtherNotices: boolean;
  /** Whom to name as the source. */
  readonly credit: string | null;
  hasOtherCredits: boolean;
}

interface Section {
  readonly ids: readonly string[];
  readonly creators: Map<string, Group>;
  readonly namedBy: Set<CreditSource>;
}

interface Difference {
  images: number;
  readonly example: string;
}

/** Counts images by licence and creator, and says so as a page in Markdown that can be published beside the dataset. */
export class AttributionText {
  readonly #sections = new Map<string, Section>();
  readonly #differences = new Map<string, Difference>();
  readonly #creators: Record<CreditSource, number> = { index: 0, image: 0 };
  readonly #licences: Record<CreditSource, number> = { index: 0, image: 0 };
  #images = 0;
  #generated = 0;
  #groups = 0;

  add(credit: Credit, url: string): void {
    const { creatorSource, licenceSource, licences, index, image } = credit;
    this.#images += 1;
    if (creatorSource !== null) this.#creators[creatorSource] += 1;
    if (licenceSource !== null) this.#licences[licenceSource] += 1;
    if (/algorithmicMedia/i.test(image.digitalSource ?? '')) this.#generated += 1;
    const example = index.page ?? url;
    const section = this.#section(licences);
    if (licenceSource !== null) section.namedBy.add(licenceSource);
    // Beyond the limit, images count among those of creators that are not named here.
    const name = credit.creator !== null && this.#groups < MAX_GROUPS ? credit.creator : NOBODY;
    const group = section.creators.get(name);
    if (group !== undefined) {
      group.images += 1;
      group.hasOtherNotices ||= image.copyright !== group.copyright;
      group.hasOtherCredits ||= image.credit !== group.credit;
    } else {
      section.creators.set(name, {
        ...{ images: 1, example, title: index.title },
        ...{ copyright: image.copyright, hasOtherNotices: false },
        ...{ credit: image.credit, hasOtherCredits: false },
      });
      this.#groups += 1;
    }
    if (licencesDiffer(credit)) this.#differ(credit, example);
  }

  text(): string {
    const sections = [...this.#sections.values()]
      .map((section) => ({ ...section, images: sum(section.creators) }))
      .sort((a, b) => b.images - a.images || compare(headingOf(a.ids), headingOf(b.ids)));
    return [
      '# Attribution',
      '',
      ...this.#introduction(),
      '',
      ...(sections.length === 0 ? [] : summary(sections)),
      ...sections.flatMap(sectionLines),
      ...differenceLines(this.#differences),
    ].join('\n');
  }

  #section(ids: readonly string[]): Section {
    const name = headingOf(ids);
    const known = this.#sections.get(name);
    if (known !== undefined) return known;
    const section: Section = { ids, creators: new Map(), namedBy: new Set() };
    this.#sections.set(name, section);
    return section;
  }

  #differ({ index, image }: Credit, example: string): void {
    const name = `${headingOf(index.licences)} in the index, ${headingOf(image.licences)} in the image`;
    const known = this.#differences.get(name);
    if (known !== undefined) known.images += 1;
    else if (this.#differences.size < MAX_DIFFERENCES) this.#differences.set(name, { images: 1, example });
  }

  #introduction(): string[] {
    const by = ({ index, image }: Record<CreditSource, number>): string =>
      `${formatCount(index + image)} (${formatCount(index)} by the index, ${formatCount(image)} by the image itself)`;
    return [
      `This dataset has ${plural(this.#images, 'image')}. A licence is named for ${by(this.#licences)}, and a ` +
        `creator for ${by(this.#creators)}. The index is the list of URLs that the dataset was made from; an image ` +
        'names its creator and its licence in its XMP, IPTC or EXIF metadata. Neither has been verified.',
      '',
      'The rights in each image remain with its owner. Images may have been resized, cropped or re-encoded for this ' +
        'dataset. Where a creator has several images, one of them is the example here; `ATTRIBUTION.parquet` has a ' +
        'row for every image, with its URL and what index and image say.',
      ...(this.#generated === 0
        ? []
        : [
            '',
            `Made by a generative model, according to the metadata in the image: ${plural(this.#generated, 'image')}.`,
          ]),
    ];
  }
}

type CountedSection = Section & { readonly images: number };

function summary(sections: readonly CountedSection[]): string[] {
  return [
    '| licence | images | named creators | named by |',
    '|---|---:|---:|---|',
    ...sections.map(({ ids, images, creators, namedBy }) => {
      const named = creators.size - (creators.has(NOBODY) ? 1 : 0);
      const cells = [headingOf(ids), formatCount(images), formatCount(named), [...namedBy].sort().join(', ')];
      return `| ${cells.join(' | ')} |`;
    }),
    '',
  ];
}

function sectionLines({ ids, creators, images }: CountedSection): string[] {
  const inOrder = [...creators].sort(
    // Those without a name last.
    ([a, x], [b, y]) => Number(a === NOBODY) - Number(b === NOBODY) || y.images - x.images || compare(a, b),
  );
  const rest = inOrder.length - MAX_CREATORS_SHOWN;
  const addresses = ids.flatMap((id) => licenceAddress(id) ?? []).map((address) => `<${address}>`);
  return [
    `## ${headingOf(ids)}`,
    '',
    `${plural(images, 'image')}${addresses.length === 0 ? '' : ` under ${addresses.join(' or ')}`}.${remarkOn(ids)}`,
    '',
    ...inOrder.slice(0, MAX_CREATORS_SHOWN).map(creatorLine),
    ...(rest > 0 ? [`- and ${plural(rest, 'other creator')}`] : []),
    '',
  ];
}

function creatorLine([name, group]: readonly [string, Group]): string {
  const { images, example, title, copyright, hasOtherNotices, credit, hasOtherCredits } = group;
  const shown = `${title === null ? '' : `“${escaped(title)}”, `}<${addressOf(example)}>`;
  const count = images === 1 ? shown : `${plural(images, 'image')}, such as ${shown}`;
  const notices = [
    ...(copyright === null ? [] : [`${escaped(copyright)}${hasOtherNotices ? ' and others' : ''}`]),
    ...(credit === null ? [] : [`credit: ${escaped(credit)}${hasOtherCredits ? ' and others' : ''}`]),
  ];
  return `- ${name === NOBODY ? NOBODY : `**${escaped(name)}**`}: ${[count, ...notices].join('; ')}`;
}

function differenceLines(differences: ReadonlyMap<string, Difference>): string[] {
  if (differences.size === 0) return [];
  const lines = [...differences].sort(([a, x], [b, y]) => y.images - x.images || compare(a, b));
  return [
    '## Index and image differ',
    '',
    'The index and the metadata in the image name different licences. Above, these images are listed under the ' +
      'licence that the index names.',
    '',
    ...lines.map(
      ([name, { images, example }]) =>
        `- ${name}: ${plural(images, 'image')}, such as <${addressOf(example)}>`,
    ),
    '',
  ];
}

/** What sections of images without a licence mean for whoever wants to use them. */
function remarkOn(ids: readonly string[]): string {
  if (ids.length === 0) return ' Neither the index nor the metadata in the image names a licence.';
  return ids.includes('LicenseRef-AllRightsReserved') && ids.length === 1
    ? ' A copyright notice, and no licence that permits any use.'
    : '';
}

const headingOf = (ids: readonly string[]): string =>
  ids.length === 0 ? UNKNOWN : ids.map(licenceName).join(' or ');

const addressOf = (url: string): string => url.replace(/[<>\s]/g, encodeURIComponent);

const sum = (groups: ReadonlyMap<string, Group>): number =>
  [...groups.values()].reduce((total, { images }) => total + images, 0);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Text that Markdown shows as it is. */
const escaped = (text: string): string => text.replace(/[\\`*_{}[\]<>#|!~&]/g, '\\$&');
