import type { SampleKey } from '../core/samples.ts';
import type { ShardFileKind } from '../shards/files.ts';
import type { Member } from './members.ts';

/** Takes the samples of one shard in their order and writes them under a temporary name. */
export interface SampleSink {
  add(key: SampleKey, members: readonly Member[]): Promise<void>;
  /** Resolves when everything is on the disk; the sink is closed then. */
  finish(): Promise<void>;
  /** Removes what was written, after a failure of any kind. */
  discard(): Promise<void>;
}

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
} as const satisfies Record<string, SampleFormat | null>;

export type OutputFormat = keyof typeof FORMATS;
