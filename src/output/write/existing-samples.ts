import { createHash } from 'node:crypto';
import { parseShardFileName, type SampleKind, shardFileName } from '../../shards/files.ts';
import { readChecksums } from '../checksums/checksum-file.ts';
import type { Member } from '../formats/sample-sink.ts';
import type { ShardStats } from '../metadata/stats.ts';
import { type StoredSample, storedSamples } from '../read/stored-samples.ts';
import { damagedShard } from '../read/stored-shard.ts';
import type { Store } from '../store/store.ts';

/** The files or the folder of a finished shard's samples. */
export interface SamplesFile {
  readonly store: Store;
  readonly kind: SampleKind;
  /** Its parts in order, or the folder. */
  readonly names: readonly string[];
  /** Recorded SHA-256 of the files or of the folder's files, by name; null if the shard does not record it. */
  readonly digests: ReadonlyMap<string, string> | null;
  /** Whether img2dataset wrote it. */
  readonly adopted: boolean;
  /** As in `StoredSampleOptions`. */
  readonly position?: (key: string) => number;
}

export interface ExistingSample {
  readonly members: readonly Member[];
  readonly subfolder: string | undefined;
}

/** The samples of a finished shard, read one after the other to be written again. */
export class ExistingSamples {
  readonly #file: SamplesFile;
  readonly #samples: AsyncGenerator<StoredSample>;
  readonly #found = new Map<string, string>();

  constructor(file: SamplesFile) {
    this.#file = file;
    this.#samples = storedSamples(file.store, file.kind, file.names, {
      images: true,
      adopted: file.adopted,
      ...(file.position && { position: file.position }),
      onSha256: (name, sha256) => this.#found.set(name, sha256),
      onProblem: (problem) => {
        throw new Error(problem);
      },
    });
  }

  /** The files of the next sample, which must have this key. Throws a UserError if the shard is damaged. */
  async take(key: string): Promise<ExistingSample> {
    return asWritten(await this.takeStored(key));
  }

  /** The next sample as it is stored. Throws as `take` does. */
  async takeStored(key: string): Promise<StoredSample> {
    const sample = await this.#next();
    if (sample?.key !== key) {
      throw this.#damaged(`expected the sample ${key}, found ${sample === null ? 'the end' : sample.key}`);
    }
    const { subfolder } = sample;
    const path = [this.#name, ...(subfolder === undefined ? [] : [subfolder]), key].join('/');
    if (this.#file.kind === 'folder') {
      for (const { extension, content } of sample.members)
        this.#compare(`${path}.${extension}`, sha256Of(content));
    }
    return sample;
  }

  /** Throws a UserError if samples are left, or if the file has changed since it was written. */
  async finish(): Promise<void> {
    const sample = await this.#next();
    if (sample !== null)
      throw this.#damaged(`the metadata has no successful row for the sample ${sample.key}`);
    if (this.#file.kind === 'folder') return;
    for (const name of this.#file.names) this.#compare(name, this.#found.get(name) ?? null);
  }

  /** Closes all open files. May be called at any time. */
  async discard(): Promise<void> {
    await this.#samples.return(undefined);
  }

  async #next(): Promise<StoredSample | null> {
    try {
      const next = await this.#samples.next();
      return next.done ? null : next.value;
    } catch (error) {
      throw this.#damaged(error);
    }
  }

  #compare(name: string, sha256: string | null): void {
    const { digests, store } = this.#file;
    if (digests === null || digests.get(name) === sha256) return;
    throw damagedShard(store, name, 'its sha256 has changed since it was written');
  }

  #damaged(reason: unknown): Error {
    return damagedShard(this.#file.store, this.#name, reason);
  }

  get #name(): string {
    return this.#file.names[0] ?? '';
  }
}

/** A stored sample in the form in which its format takes it again, unchanged. */
export function asWritten({ members, subfolder, record }: StoredSample): ExistingSample {
  if (record !== undefined) return { members: [{ extension: 'example', bytes: record.bytes }], subfolder };
  return { members: members.map(({ extension, content }) => ({ extension, bytes: content })), subfolder };
}

/** Digests of the samples in these files or in this folder, in the form of `SamplesFile.digests`. */
export async function sampleDigests(
  store: Store,
  names: readonly string[],
  { files }: ShardStats,
): Promise<ReadonlyMap<string, string> | null> {
  const [first = ''] = names;
  const file = parseShardFileName(first);
  if (file?.kind !== 'folder') {
    const known = names.map((name): [string, string] => [name, files?.[name]?.sha256 ?? '']);
    return known.some(([, sha256]) => sha256 === '') ? null : new Map(known);
  }
  const checksums = shardFileName(file.shard, 'checksums');
  if ((await store.size(checksums)) === null) return null;
  const digests = new Map<string, string>();
  for await (const { name: path, sha256 } of readChecksums(store, checksums)) {
    if (path.startsWith(`${first}/`)) digests.set(path, sha256);
  }
  return digests;
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
