import type { SampleKey } from '../../core/samples.ts';
import type { Checksum } from '../checksums/checksum-file.ts';
import type { DatasetShape } from '../metadata/dataset-shape.ts';
import type { FileDigests } from '../metadata/stats.ts';

/** One file of a sample. Its name is the sample's key, a dot and the extension. */
export interface Member {
  readonly extension: string;
  readonly bytes: Uint8Array;
}

/** What a format needs to know of the dataset. */
export type SinkOptions = Pick<DatasetShape, 'loaderFiles' | 'encodeFormat' | 'caption'>;

/** Writes the samples of one shard, in order, into a transaction of the store, which discards them on failure. */
export interface SampleSink {
  /**
   * Resolves to the files that are now complete, with names relative to the shard, or to an empty list if the format
   * puts all samples into one file. `subfolder`: where in the folder of the shard its files are.
   */
  add(key: SampleKey, members: readonly Member[], subfolder?: string): Promise<readonly Checksum[]>;
  /** Bytes of the file if it ended after a sample of these members; 0 if the samples are not in one file. */
  sizeWith(members: readonly Member[]): number;
  /** Resolves when everything is durable, and closes the sink. The digests are of the files of samples, by name, in order. */
  finish(): Promise<FileDigests>;
}
