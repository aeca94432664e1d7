import type { Hash, OutputFormat } from '../../core/choices.ts';
import type { Column } from '../../core/columns.ts';
import type { RightsPolicy } from '../../core/rights/policies.ts';
import type { Numbering } from '../../shards/names.ts';

/** What every shard of a dataset has in common. */
export interface DatasetShape {
  readonly numbering: Numbering;
  /** Columns copied from the index, under their names in the output. */
  readonly columns: readonly Column[];
  /** Whether samples have a caption: a column, a field of the JSON and a `.txt`. */
  readonly caption: boolean;
  readonly exif: boolean;
  /** Digest of the downloaded bytes, which also names its column; null for none. */
  readonly hash: Hash | null;
  /** Puts the digest column before `url`, where the index had the digest to verify. */
  readonly verifyHash: boolean;
  /** Whether samples have all captions of the rows with their URL: a column and a field of the JSON, `all_captions`. */
  readonly mergesCaptions: boolean;
  /** Whether rows may point to an earlier row with the same URL, in the column `duplicate_of`. */
  readonly pointsToDuplicates: boolean;
  /** Whether the files of samples are in subfolders, which the column `subfolder` names. */
  readonly hasSubfolders: boolean;
  /** The policy whose record stands in the column `rights`; null for no record. */
  readonly rights: RightsPolicy | null;
  /** Whether the record is a field of the JSON, too. */
  readonly rightsInJson: boolean;
  readonly encodeFormat: string;
  readonly format: OutputFormat;
  /** Maximum bytes of a file of samples; null for no limit. */
  readonly maxShardBytes: number | null;
  /** Whether files for loaders are written beside the samples. */
  readonly loaderFiles: boolean;
}
