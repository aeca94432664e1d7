import type { SampleKey } from '../../core/samples.ts';
import { shardFileName } from '../../shards/files.ts';
import type { Checksum } from '../checksums/checksum-file.ts';
import type { DatasetShape } from '../metadata/dataset-shape.ts';
import type { FileDigests } from '../metadata/stats.ts';
import type { Transaction } from '../store/store.ts';
import type { SampleFormat } from './formats.ts';
import type { Member, SampleSink, SinkOptions } from './sample-sink.ts';

type SinkShape = SinkOptions & Pick<DatasetShape, 'maxShardBytes'>;

/** Starts writing the samples of a shard (`00042`), to several files if they would be larger than the shape allows. */
export async function openSink(
  format: SampleFormat,
  transaction: Transaction,
  shard: string,
  shape: SinkShape,
): Promise<SampleSink> {
  const openPart = (part: number): Promise<SampleSink> =>
    format.open(transaction, shardFileName(shard, format.kind, part), shape);
  const first = await openPart(0);
  return shape.maxShardBytes === null ? first : new PartedSink(first, openPart, shape.maxShardBytes);
}

/**
 * Begins the next file before a sample with which the current one would be too large. Which sample is in which file
 * depends on nothing but the samples before it. Only a file of one sample may be larger.
 */
class PartedSink implements SampleSink {
  readonly #openPart: (part: number) => Promise<SampleSink>;
  readonly #maxBytes: number;
  readonly #finished: (readonly [files: FileDigests, samples: number])[] = [];
  #sink: SampleSink;
  #samples = 0;

  constructor(first: SampleSink, openPart: (part: number) => Promise<SampleSink>, maxBytes: number) {
    this.#sink = first;
    this.#openPart = openPart;
    this.#maxBytes = maxBytes;
  }

  async add(key: SampleKey, members: readonly Member[], subfolder?: string): Promise<readonly Checksum[]> {
    if (this.#samples > 0 && this.sizeWith(members) > this.#maxBytes) {
      await this.#finishPart();
      this.#sink = await this.#openPart(this.#finished.length);
    }
    this.#samples += 1;
    return this.#sink.add(key, members, subfolder);
  }

  sizeWith(members: readonly Member[]): number {
    return this.#sink.sizeWith(members);
  }

  async finish(): Promise<FileDigests> {
    await this.#finishPart();
    const [first, ...others] = this.#finished;
    if (others.length === 0) return first?.[0] ?? {};
    const counted = this.#finished.flatMap(([files, samples]) =>
      Object.entries(files).map(([name, digest]) => [name, { ...digest, samples }] as const),
    );
    return Object.fromEntries(counted);
  }

  async #finishPart(): Promise<void> {
    this.#finished.push([await this.#sink.finish(), this.#samples]);
    this.#samples = 0;
  }
}
