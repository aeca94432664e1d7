import type { OutputFormat } from '../../src/core/choices.ts';
import type { ShardId } from '../../src/core/samples.ts';
import type { SettledSample } from '../../src/output/spool/spool.ts';
import { openStore } from '../../src/output/store/open-store.ts';
import type { PlannedRun } from '../../src/output/verify/dataset-plan.ts';
import { verifyDataset } from '../../src/output/verify/verify.ts';
import { failure, row, SHAPE, success, temporaryFolder, writeSamples } from './samples.ts';

const SAMPLES: readonly SettledSample[] = [
  { row: row({ url: 'https://a.org/0.jpg' }), result: success() },
  { row: row({ url: 'https://a.org/1.jpg' }), result: failure('http_404') },
  { row: row({ url: 'https://a.org/2.jpg', caption: null }), result: success() },
  { row: row({ url: 'https://a.org/3.jpg' }), result: success() },
];

const NUMBERING = { samplesPerShard: 10, shardDigits: 5 };

/** A run that wrote, or should have written, shards with these numbers of rows from shard 0 on. */
export function plannedRun(format: OutputFormat, shardRows: readonly number[] | null = [4, 4]): PlannedRun {
  return { firstShard: 0 as ShardId, format, numbering: NUMBERING, loaderFiles: false, shardRows };
}

/** A complete dataset of shards 0 and 1, four rows each; keys 000000 to 000003 and 000010 to 000013. */
export async function writeDataset(format: OutputFormat): Promise<string> {
  const { folder, scratch } = await temporaryFolder();
  const shape = { ...SHAPE, numbering: NUMBERING, format };
  for (const id of [0, 1]) await writeSamples({ folder, scratch, samples: SAMPLES, shape, id });
  return folder;
}

/** The findings of verification, one line each: file, key if there is one, problem. */
export async function findingsOf(folder: string): Promise<string[]> {
  const { findings } = await verifyDataset(openStore(folder));
  return findings.map(({ file, key, problem }) =>
    [file, key, problem].filter((part) => part !== undefined).join(' | '),
  );
}
