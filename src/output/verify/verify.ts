import { oneLine } from '../../core/errors.ts';
import type { ShardId } from '../../core/samples.ts';
import { parseShardFileName, type ShardFileKind } from '../../shards/files.ts';
import { FORMATS } from '../formats/formats.ts';
import { MetadataReader } from '../read/stored-rows.ts';
import type { Store, StoreEntry } from '../store/store.ts';
import { type BrokenShard, DatasetPlan, type PlannedRun } from './dataset-plan.ts';
import type { Finding } from './findings.ts';
import type { PictureDecoder } from './verify-samples.ts';
import { verifyShard } from './verify-shard.ts';

export interface VerifyOptions {
  /** The runs of the dataset in their order, where its manifest is known. */
  readonly runs?: readonly PlannedRun[];
  /** Decodes every picture, where that is asked for. */
  readonly decode?: PictureDecoder;
}

export interface VerifyReport {
  readonly shards: number;
  readonly rows: number;
  readonly successes: number;
  readonly faults: readonly Finding[];
  /** Shards that are missing or have faults, in the order of their numbers. */
  readonly broken: readonly BrokenShard[];
}

interface ShardFiles {
  readonly shard: string;
  readonly id: ShardId;
  readonly kinds: Set<ShardFileKind>;
  readonly odd: Map<ShardFileKind, string>;
}

/**
 * Proves a dataset whole, shard by shard. A broken dataset is no error: everything wrong with it is a fault of the
 * report. Memory holds one sample at a time. Without `runs` a missing shard cannot be known, and a dataset of
 * nothing but statistics passes for one of the format `none`.
 */
export async function verifyDataset(store: Store, options: VerifyOptions = {}): Promise<VerifyReport> {
  const { decode } = options;
  const plan = new DatasetPlan(options.runs ?? null);
  const entries = await listDataset(store);
  const shards = shardsOf(entries.found);
  const looksSampled = shards.some(({ kinds }) =>
    (['tar', 'folder', 'parquet'] as const).some((kind) => kinds.has(kind)),
  );
  const faults: Finding[] = [...entries.faults, ...(await leftovers(store))];
  const broken: BrokenShard[] = [];
  const totals = { shards: 0, rows: 0, successes: 0 };
  const metadata = await MetadataReader.open();
  try {
    for (const files of shards) {
      const run = plan.runOf(files.id);
      const shard = await verifyShard({
        ...files,
        store,
        hasSamples: run === null ? looksSampled : FORMATS[run.format] !== null,
        numbering: run?.numbering ?? null,
        metadata,
        ...(decode === undefined ? {} : { decode }),
      });
      const found = [...shard.faults, ...plan.faultsOf(shard)];
      faults.push(...found);
      if (found.length > 0) broken.push({ ...plan.placeOf(shard), shard: shard.shard });
      totals.shards += 1;
      totals.rows += shard.rows;
      totals.successes += shard.successes;
    }
  } finally {
    metadata.close();
  }
  for (const shard of plan.missing()) {
    faults.push({ file: '.', fault: `shard ${shard.shard} of the plan is missing` });
    broken.push(shard);
  }
  broken.sort((a, b) => a.id - b.id);
  return { ...totals, faults, broken };
}

interface Listing {
  readonly found: readonly StoreEntry[];
  readonly faults: readonly Finding[];
}

async function listDataset(store: Store): Promise<Listing> {
  try {
    const found = await store.list();
    if (found !== null) return { found, faults: [] };
    return { found: [], faults: [{ file: '.', fault: 'does not exist' }] };
  } catch (error) {
    return { found: [], faults: [{ file: '.', fault: `cannot be read: ${oneLine(error)}` }] };
  }
}

function shardsOf(entries: readonly StoreEntry[]): ShardFiles[] {
  const shards = new Map<string, ShardFiles>();
  for (const entry of entries) {
    const file = parseShardFileName(entry.name);
    if (file === null) continue;
    const { shard, id, kind } = file;
    const files: ShardFiles = shards.get(shard) ?? { shard, id, kinds: new Set(), odd: new Map() };
    if (entry.kind === (kind === 'folder' ? 'folder' : 'file')) files.kinds.add(kind);
    else files.odd.set(kind, ENTRY_WORDS[entry.kind]);
    shards.set(shard, files);
  }
  return [...shards.values()].sort((a, b) => a.id - b.id);
}

const ENTRY_WORDS: Readonly<Record<StoreEntry['kind'], string>> = {
  file: 'a file',
  folder: 'a folder',
  link: 'a symbolic link',
  other: 'a device or pipe',
};

async function leftovers(store: Store): Promise<Finding[]> {
  return (await store.leftovers()).map(({ name, committed }) => ({
    file: name,
    fault: committed
      ? 'a back-fill is not finished; the next retry or download finishes it'
      : 'was left by an interrupted run',
  }));
}
