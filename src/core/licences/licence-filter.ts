import type { Licence } from './families.ts';
import { LICENCE_FAMILIES, type LicenceFamily } from './families.ts';
import { parseLicences } from './parse-licence.ts';

/** What texts say about whether the licences of `--license` cover an image; `open` if they name no licence. */
export type LicenceAnswer = 'granted' | 'refused' | 'open';

/**
 * A word of `--license`: a family, such as `by-sa`, for all its versions and ports, or an identifier, such as
 * `CC-BY-SA-4.0`, for one. Undefined if it is neither.
 */
export function parseWantedLicence(word: string): string | undefined {
  const lower = word.trim().toLowerCase();
  if (isFamily(lower)) return lower;
  const found = parseLicences(lower);
  const [only] = found;
  return found.length === 1 && only?.id.toLowerCase() === lower ? only.id : undefined;
}

/** Whether one of the licences that the texts name is wanted. The first text that names any decides. */
export function answerOf(texts: readonly (string | null)[], wanted: readonly string[]): LicenceAnswer {
  for (const text of texts) {
    const licences = text === null ? [] : parseLicences(text);
    if (licences.length > 0)
      return licences.some((licence) => isWanted(licence, wanted)) ? 'granted' : 'refused';
  }
  return 'open';
}

const isWanted = ({ family, id }: Licence, wanted: readonly string[]): boolean =>
  wanted.includes(family) || wanted.includes(id);

const isFamily = (word: string): word is LicenceFamily => LICENCE_FAMILIES.some((family) => family === word);
