import type { Options } from '../../config/resolve.ts';
import { sampleColumns } from '../../core/reserved-columns.ts';
import type { RightsPolicy } from '../../core/rights/policies.ts';
import { ruleFilesOf } from '../../core/rights/rule-files.ts';

/** Whether one image gets the captions of all rows with its URL, in the column `all_captions`. */
export function mergesCaptions({ dedupe, duplicates }: Pick<Options, 'dedupe' | 'duplicates'>): boolean {
  return dedupe === 'url' && duplicates === 'merge';
}

/** Whether rows point to the earlier row with their URL, in the column `duplicate_of`. */
export function pointsToDuplicates({ dedupe, duplicates }: Pick<Options, 'dedupe' | 'duplicates'>): boolean {
  return dedupe === 'url' && duplicates !== 'drop';
}

/** The policy whose record samples have; null without one, because hosts are not asked for their rules. */
export function rightsRecord({
  rights,
  rightsFiles,
}: Pick<Options, 'rights' | 'rightsFiles'>): RightsPolicy | null {
  return (rightsFiles ?? ruleFilesOf(rights)).length === 0 ? null : rights;
}

/** Names that samples of a run with these options need beside those of every dataset. */
export function reservedNames(options: Options): ReadonlySet<string> {
  return sampleColumns({
    format: options.outputFormat,
    encodeFormat: options.encodeFormat,
    mergesCaptions: mergesCaptions(options),
    pointsToDuplicates: pointsToDuplicates(options),
    hasSubfolders: options.subfolderCol !== null,
    rights: rightsRecord(options),
  });
}
