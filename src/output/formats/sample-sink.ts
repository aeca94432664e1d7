import type { SampleKey } from '../../core/samples.ts';
import type { Checksum } from '../store/checksum-file.ts';
import type { FileDigest } from '../store/pending-file.ts';

/** One file of a sample; its name is the sample's key, a dot and the extension. */
export interface Member {
  readonly extension: string;
  readonly bytes: Uint8Array;
}

/** Takes the samples of one shard in their order and writes them under a temporary name. */
export interface SampleSink {
  /** Resolves to the files that are whole now, named within the shard; to none where all samples are one file. */
  add(key: SampleKey, members: readonly Member[]): Promise<readonly Checksum[]>;
  /** Resolves when everything is on the disk; the sink is closed then. Null where the samples are no single file. */
  finish(): Promise<FileDigest | null>;
  /** Removes what was written, after a failure of any kind. */
  discard(): Promise<void>;
}
