import type { Column, Value } from '../../core/columns.ts';
import { parseLicences } from '../../core/licences/parse-licence.ts';
import { licenceColumns } from '../licences/judge-licences.ts';
import type { IndexCredit } from './credit.ts';

/** Names of columns in public indexes, in lower case without blanks and underscores. */
const NAMES = {
  creator:
    /^(?:author|authors|creator|artist|artistname|photographer|owner|ownername|uploader|username|usernickname|credit|attribution|byline)$/,
  title: /^(?:title|imagetitle|phototitle)$/,
  page: /^(?:originallandingurl|landingurl|pageurl|photopageurl|sourceurl|foreignlandingurl|authorprofileurl|descriptionurl)$/,
} as const;

const MAX_CHARACTERS = 1024;

/** Whether the index says something about who made images, or their licence, in a column of this name. */
export const isCreditColumn = (name: string): boolean =>
  Object.values(NAMES).some((pattern) => pattern.test(bareName(name))) ||
  licenceColumns([{ name }]).length > 0;

/** Whether any of the columns names creators or licences. */
export const namesCredits = (columns: readonly Pick<Column, 'name'>[]): boolean =>
  columns.some(({ name }) => NAMES.creator.test(bareName(name))) || licenceColumns(columns).length > 0;

/** Reads credits from rows whose columns are these. */
export function indexCreditReader(
  columns: readonly Pick<Column, 'name'>[],
): (row: readonly Value[]) => IndexCredit {
  const placesOf = (pattern: RegExp): number[] =>
    columns.flatMap(({ name }, at) => (pattern.test(bareName(name)) ? [at] : []));
  const [creators, titles, pages] = [NAMES.creator, NAMES.title, NAMES.page].map(placesOf);
  const licences = licenceColumns(columns);
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

const bareName = (name: string): string => name.toLowerCase().replace(/[ _-]/g, '');

/** One line without control characters; null for what is no text. */
function plainText(value: Value): string | null {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') return null;
  const plain = String(value)
    .slice(0, MAX_CHARACTERS)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return plain === '' ? null : plain;
}
