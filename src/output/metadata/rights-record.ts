import type { Value } from '../../core/columns.ts';

/** A row's record of rights, as `output/metadata/rights-field.ts` writes it. */
export interface RightsRecord {
  readonly decision: string;
  readonly reason: string | null;
  readonly signals: readonly { readonly m: string; readonly verdict: string }[];
  /** Texts of the metadata in the image, by their names. */
  readonly [name: string]: unknown;
}

/** The record in a column `rights`; null if there is none, or if it is a column of the index with that name. */
export function rightsRecord(value: Value): RightsRecord | null {
  if (typeof value !== 'string' || !value.startsWith('{"decision":')) return null;
  try {
    const record = JSON.parse(value) as RightsRecord;
    return Array.isArray(record.signals) ? record : null;
  } catch {
    return null;
  }
}
