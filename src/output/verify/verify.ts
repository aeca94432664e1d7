import { oneLine } from '../../core/errors.ts';
import type { ShardId } from '../../core/samples.ts';
import { parseShardFileName, SAMPLE_KINDS, type ShardFileKind } from '../../shards/files.ts';
import { FORMATS } from '../formats/formats.ts';
import { MetadataReader } from '../read/stored-rows.ts';
import type { Store, StoreEntry } from '../store/store.ts';
import { type BrokenShard, DatasetPlan, type PlannedRun } from './dataset-plan.ts';
import type { Finding } from './findings.ts';
import type { ImageDecoder } from './verify-samples.ts';
import { verifyShard } from './verify-shard.ts';

export interface VerifyOptions {
  /** The runs of the dataset in their order, if its manifest is known. */
  readonly runs?: readonly PlannedRun[];
  /** Decodes every image; absent if images should not be decoded. */
  readonly decode?: ImageDecoder;
  /** Ends the verification between two shards; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface VerifyReport {
  readonly shards: number;
  readonly rows: number;
  readonly successes: number;
  readonly findings: readonly Finding[];
  /** Shards that are missing or have findings, in the order of their numbers. */
  readonly broken: readonly BrokenShard[];
  /** Names of other shards whose loader files are missing or wrong. */
  readonly stale: readonly string[];
}

interface ShardFiles {
  readonly shard: string;
  readonly id: ShardId;
  readonly kinds: Set<ShardFileKind>;
  readonly odd: Map<ShardFileKind, string>;
  readonly parts: Set<string>;
}

/**
 * Verifies that a dataset is complete and consistent, shard by shard. A broken dataset is not an error: each of its
 * problems is a finding of the report. Memory holds one sample at a time. Without `runs`, missing shards cannot be
 * detected, and a dataset that consists only of statistics passes as one of the format `none`.
 */
export async function verifyDataset(store: Store, options: VerifyOptions = {}): Promise<VerifyReport> {
  const { decode, signal } = options;
  const plan = new DatasetPlan(options.runs ?? null);
  const entries = await listDataset(store);
  const shards = shardsOf(entries.found);
  const looksSampled = shards.some(({ kinds }) =>
    ([...SAMPLE_KINDS, 'parquet'] as const).some((kind) => kinds.has(kind)),
  );
  const findings: Finding[] = [...entries.findings, ...(await leftovers(store))];
  const broken: BrokenShard[] = [];
  const stale: string[] = [];
  const totals = { shards: 0, rows: 0, successes: 0 };
  const metadata = await MetadataReader.open();
  try {
    for (const files of shards) {
      signal?.throwIfAborted();
      const run = plan.runOf(files.id);
      const shard = await verifyShard({
        ...files,
        store,
        hasSamples: run === null ? looksSampled : FORMATS[run.format] !== null,
        format: run?.format ?? null,
        numbering: run?.numbering ?? null,
        loaderFiles: run?.loaderFiles ?? false,
        metadata,
        ...(decode === undefined ? {} : { decode }),
      });
      const found = [...shard.findings, ...plan.findingsOf(shard)];
      findings.push(...found, ...shard.loaderFindings);
      if (found.length > 0) broken.push({ ...plan.placeOf(shard), shard: shard.shard });
      else if (shard.loaderFindings.length > 0) stale.push(shard.shard);
      totals.shards += 1;
      totals.rows += shard.rows;
      totals.successes += shard.successes;
    }
  } finally {
    metadata.close();
  }
  for (const shard of plan.missing()) {
    findings.push({ file: '.', problem: `shard ${shard.shard} of the plan is missing` });
    broken.push(shard);
  }
  broken.sort((a, b) => a.id - b.id);
  return { ...totals, findings: findings, broken, stale };
}

interface Listing {
  readonly found: readonly StoreEntry[];
  readonly findings: readonly Finding[];
}

async function listDataset(store: Store): Promise<Listing> {
  try {
    const found = await store.list();
    if (found !== null) return { found, findings: [] };
    return { found: [], findings: [{ file: '.', problem: 'does not exist' }] };
  } catch (error) {
    return { found: [], findings: [{ file: '.', problem: `cannot be read: ${oneLine(error)}` }] };
  }
}

function shardsOf(entries: readonly StoreEntry[]): ShardFiles[] {
  const shards = new Map<string, ShardFiles>();
  for (const entry of entries) {
    const file = parseShardFileName(entry.name);
    if (file === null) continue;
    const { shard, id, kind, part } = file;
    const empty = { shard, id, kinds: new Set<ShardFileKind>(), odd: new Map(), parts: new Set<string>() };
    const files: ShardFiles = shards.get(shard) ?? empty;
    if (part > 0) files.parts.add(entry.name);
    else if (entry.kind === (kind === 'folder' ? 'folder' : 'file')) files.kinds.add(kind);
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
    problem: committed
      ? 'a back-fill is not finished; the next retry or download finishes it'
      : 'was left by an interrupted run',
  }));
}
