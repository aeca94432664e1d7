import type { OutputFormat } from '../../core/choices.ts';
import type { ShardFileKind } from '../../shards/files.ts';
import type { Transaction } from '../store/store.ts';
import type { SampleSink } from './sample-sink.ts';

interface SampleFormat {
  /** Which of a shard's files holds the samples. */
  readonly kind: ShardFileKind;
  /** Starts writing the samples of a shard to the file or folder `name` of the transaction. */
  open(transaction: Transaction, name: string): Promise<SampleSink>;
}

/**
 * The output formats by the names of `--output-format`; null writes only statistics. To add one, such as TFRecord: add its
 * name to core/choices.ts, a line here, a file beside this one that implements `SampleSink`, its file suffix to
 * shards/files.ts, and its reader for verify and retry to read/stored-samples.ts. `test/output/formats/contract.test.ts`
 * tests every format listed here. A format is loaded when it is used.
 */
export const FORMATS = {
  webdataset: {
    kind: 'tar',
    open: async (...shard) => (await import('./webdataset.ts')).TarSink.create(...shard),
  },
  files: {
    kind: 'folder',
    open: async (...shard) => (await import('./files.ts')).FolderSink.create(...shard),
  },
  none: null,
} as const satisfies Record<OutputFormat, SampleFormat | null>;

/** The files that a finished shard of the format has besides its statistics. */
export function requiredKinds(format: OutputFormat): readonly ShardFileKind[] {
  const samples = FORMATS[format];
  return samples === null ? [] : [samples.kind, 'parquet'];
}
