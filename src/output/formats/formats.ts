import type { OutputFormat } from '../../core/choices.ts';
import type { SampleKind, ShardFileKind } from '../../shards/files.ts';
import type { Transaction } from '../store/store.ts';
import { type ComposeMembers, sampleExample, sampleFiles } from './members.ts';
import type { SampleSink, SinkOptions } from './sample-sink.ts';

/** A format whose samples have a file or a folder of their own. */
export interface SampleFormat {
  /** Which of a shard's files holds the samples. */
  readonly kind: SampleKind;
  readonly compose: ComposeMembers;
  /** Maximum size of a file, if the format needs one. */
  readonly defaultMaxBytes?: number;
  /** Starts writing the samples of a shard to the file or folder `name` of the transaction. */
  open(transaction: Transaction, name: string, options: SinkOptions): Promise<SampleSink>;
}

/** A format whose metadata has a column with the images. */
interface MetadataFormat {
  readonly kind: 'parquet';
}

/**
 * The output formats by the names of `--output-format`; null writes only statistics. To add one: add its name to
 * core/choices.ts, a line here, a file beside this one that implements `SampleSink`, its file suffix to shards/files.ts,
 * and its reader for verify and retry to read/stored-samples.ts. `test/output/formats/contract.test.ts` tests every format
 * listed here. A format is loaded when it is used.
 */
export const FORMATS: Readonly<Record<OutputFormat, SampleFormat | MetadataFormat | null>> = {
  webdataset: {
    kind: 'tar',
    compose: sampleFiles,
    open: async (...shard) => (await import('./webdataset.ts')).TarSink.create(...shard),
  },
  files: {
    kind: 'folder',
    compose: sampleFiles,
    open: async (...shard) => (await import('./files.ts')).FolderSink.create(...shard),
  },
  parquet: { kind: 'parquet' },
  tfrecord: {
    kind: 'tfrecord',
    compose: sampleExample,
    open: async (...shard) => (await import('./tfrecord.ts')).TfRecordSink.create(...shard),
  },
  mds: {
    kind: 'mds',
    compose: sampleFiles,
    defaultMaxBytes: 2 ** 26,
    open: async (...shard) => (await import('./mds.ts')).MdsSink.create(...shard),
  },
  none: null,
};

/** Maximum size of a file in the dataset of this format; null for no limit. `wanted`: what the user asked for. */
export function maxFileBytes(format: OutputFormat, wanted: number | null): number | null {
  return wanted ?? sampleFormat(format)?.defaultMaxBytes ?? null;
}

/** The format if its samples have a file of their own. */
export function sampleFormat(format: OutputFormat): SampleFormat | null {
  const found = FORMATS[format];
  return found === null || found.kind === 'parquet' ? null : found;
}

/** The files that a finished shard of the format has besides its statistics. */
export function requiredKinds(format: OutputFormat): readonly ShardFileKind[] {
  const found = FORMATS[format];
  return found === null ? [] : [...new Set([found.kind, 'parquet'] as const)];
}
