import { type Attribution, licenceTexts } from '../../core/embedded-rights.ts';
import { parseLicences } from '../../core/licences/parse-licence.ts';
import type { RightsRecord } from '../../output/metadata/rights-record.ts';
import type { ImageCredit } from './credit.ts';

const NO_IMAGE_CREDIT: ImageCredit = {
  creator: null,
  copyright: null,
  credit: null,
  usageTerms: null,
  licenseUrl: null,
  webStatement: null,
  digitalSource: null,
  licences: [],
};

/** What the record of rights of a row tells of the metadata in the image. */
export function imageCredit(record: RightsRecord | null): ImageCredit {
  if (record === null) return NO_IMAGE_CREDIT;
  const text = (name: string): string | null => {
    const value = record[name];
    return typeof value === 'string' ? value : null;
  };
  const attribution: Attribution = {
    creator: text('creator'),
    copyright: text('copyright'),
    credit: text('credit'),
    usageTerms: text('usage_terms'),
    licenseUrl: text('license_url'),
    webStatement: text('web_statement'),
    digitalSource: text('digital_source'),
  };
  const named = licenceTexts(attribution).map((value) => (value === null ? [] : parseLicences(value)));
  return { ...attribution, licences: (named.find((found) => found.length > 0) ?? []).map(({ id }) => id) };
}
