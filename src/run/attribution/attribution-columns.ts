import type { Column, Value } from '../../core/columns.ts';
import { parseLicences } from '../../core/licences/parse-licence.ts';
import { licenceColumns } from '../licences/judge-licences.ts';

/** Who made an image and under which licence, as the columns of the index say it. */
export interface Credit {
  readonly creator: string | null;
  readonly title: string | null;
  /** Page of the image. */
  readonly page: string | null;
  /** Identifiers of the licences, as alternatives; empty if none was recognised. */
  readonly licences: readonly string[];
  /** What the index says about the licence, verbatim. */
  readonly licenceText: string | null;
}

/** Names of columns in public indexes, in lower case without blanks and underscores. */
const NAMES = {
  creator:
    /^(?:author|authors|creator|artist|artistname|photographer|owner|ownername|uploader|username|usernickname|credit|attribution|byline)$/,
  title: /^(?:title|imagetitle|phototitle)$/,
  page: /^(?:originallandingurl|landingurl|pageurl|photopageurl|sourceurl|foreignlandingurl|authorprofileurl|descriptionurl)$/,
} as const;

const MAX_CHARACTERS = 1024;

/** Reads credits from rows whose columns are these; null if none of them says anything. */
export function creditReader(columns: readonly Column[]): ((row: readonly Value[]) => Credit) | null {
  const placesOf = (pattern: RegExp): number[] =>
    columns.flatMap(({ name }, at) => (pattern.test(name.toLowerCase().replace(/[ _-]/g, '')) ? [at] : []));
  const [creators, titles, pages] = [NAMES.creator, NAMES.title, NAMES.page].map(placesOf);
  const licences = licenceColumns(columns);
  if (creators === undefined || (creators.length === 0 && licences.length === 0)) return null;
  const first = (row: readonly Value[], places: readonly number[] = []): string | null =>
    places.map((at) => plainText(row[at] ?? null)).find((text) => text !== null) ?? null;
  return (row) => {
    const texts = licences.flatMap((at) => plainText(row[at] ?? null) ?? []);
    const named = texts.map(parseLicences).find((found) => found.length > 0) ?? [];
    return {
      creator: first(row, creators),
      title: first(row, titles),
      page: first(row, pages),
      licences: named.map(({ id }) => id),
      licenceText: texts[0] ?? null,
    };
  };
}

/** One line without control characters; null for what is no text. */
function plainText(value: Value): string | null {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') return null;
  const plain = String(value)
    .slice(0, MAX_CHARACTERS)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return plain === '' ? null : plain;
}
