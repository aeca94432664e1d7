import type { OutputFormat } from '../../core/choices.ts';
import type { ShardFileKind } from '../../shards/files.ts';
import type { SampleSink } from './sample-sink.ts';

interface SampleFormat {
  readonly kind: ShardFileKind;
  /** `shardBytes` is about what the shard will take, for the message of a full disk. */
  open(path: string, shardBytes: number): Promise<SampleSink>;
}

/** The output formats; null writes statistics alone. A format is loaded when it is used. */
export const FORMATS = {
  webdataset: {
    kind: 'tar',
    open: async (path, shardBytes) => (await import('./webdataset.ts')).TarSink.create(path, shardBytes),
  },
  files: {
    kind: 'folder',
    open: async (path, shardBytes) => (await import('./files.ts')).FolderSink.create(path, shardBytes),
  },
  none: null,
} as const satisfies Record<OutputFormat, SampleFormat | null>;

/** What a finished shard of the format has beside its statistics. */
export function requiredKinds(format: OutputFormat): readonly ShardFileKind[] {
  const samples = FORMATS[format];
  return samples === null ? [] : [samples.kind, 'parquet'];
}
