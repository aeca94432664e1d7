import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FAILURES, type FailureCode } from '../../src/core/failures.ts';
import type { EncodedImage, Failure, FetchFacts, ShardId, Success } from '../../src/core/samples.ts';
import type { DatasetShape } from '../../src/output/metadata/dataset-shape.ts';
import type { ShardStats } from '../../src/output/metadata/stats.ts';
import { type SettledSample, Spool } from '../../src/output/spool/spool.ts';
import { openStore } from '../../src/output/store/open-store.ts';
import { writeShard } from '../../src/output/write/shard-writer.ts';
import { useTempFolder } from '../support/temp-folder.ts';

export const JPEG = Buffer.from('\xff\xd8\xff\xe0 an image \xff\xd9', 'latin1');

export const SHAPE: DatasetShape = {
  numbering: { samplesPerShard: 100, shardDigits: 5 },
  columns: [{ name: 'similarity', type: { kind: 'float', bits: 64 } }],
  caption: true,
  exif: true,
  hash: 'sha256',
  verifyHash: false,
  mergesCaptions: false,
  pointsToDuplicates: false,
  hasSubfolders: false,
  rights: null,
  rightsInJson: true,
  encodeFormat: 'jpg',
  format: 'webdataset',
  maxShardBytes: null,
  loaderFiles: false,
};

const FETCH: FetchFacts = {
  httpStatus: 200,
  finalUrl: 'https://example.org/a.jpg',
  attempts: 1,
  bytes: 1000,
  mimeType: 'image/jpeg',
  fetchedAt: 1_700_000_000_123,
};

export function row(overrides: Partial<SettledSample['row']> = {}): SettledSample['row'] {
  return { url: 'https://example.org/a.jpg', caption: 'a caption', values: [0.5], ...overrides };
}

export function success(image: Partial<EncodedImage> = {}, fetch: Partial<FetchFacts> = {}): Success {
  return {
    ok: true,
    image: {
      bytes: JPEG,
      extension: 'jpg',
      width: 256,
      height: 200,
      originalWidth: 640,
      originalHeight: 480,
      exif: '{}',
      hash: 'ab12',
      ...image,
    },
    fetch: { ...FETCH, ...fetch },
  };
}

export function failure(code: FailureCode, fetch: Partial<FetchFacts> = {}): Failure {
  return { ok: false, code, message: FAILURES[code].summary, fetch: { ...FETCH, bytes: null, ...fetch } };
}

/** A folder for a dataset, with a `scratch` folder in it; removed when the test ends. */
export async function temporaryFolder(): Promise<{ folder: string; scratch: string }> {
  const folder = await useTempFolder();
  const scratch = join(folder, '.laion-fetch', 'scratch');
  await mkdir(scratch, { recursive: true });
  return { folder, scratch };
}

export interface ShardInput {
  readonly folder: string;
  readonly scratch: string;
  readonly samples: readonly SettledSample[];
  readonly shape?: DatasetShape;
  readonly id?: number;
  /** Indexes of the rows, in the order in which they are settled. */
  readonly order?: readonly number[];
}

/** Writes a shard through a spool, as the engine does. */
export async function writeSamples(input: ShardInput): Promise<ShardStats> {
  const { folder, scratch, samples, shape = SHAPE, id = 0, order = [...samples.keys()] } = input;
  const spool = await Spool.open(join(scratch, 'spool'), samples.length);
  try {
    await Promise.all(
      order.map((index) => {
        const sample = samples[index];
        return sample && spool.append(index, sample);
      }),
    );
    const times = { startedAt: 1_700_000_000_000, endedAt: 1_700_000_012_500 };
    const rows = samples.length;
    return await writeShard({
      id: id as ShardId,
      rows,
      spool,
      shape,
      store: openStore(folder),
      times,
      version: '1.2.3',
    });
  } finally {
    await spool.remove();
  }
}
