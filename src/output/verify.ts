import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { ShardId } from '../core/samples.ts';
import { parseShardFileName, type ShardFileKind, shardFileName } from '../shards/files.ts';
import { type Fault, oneLine } from './faults.ts';
import { FORMATS, type OutputFormat } from './formats.ts';
import { MetadataReader } from './stored-rows.ts';
import type { PictureDecoder } from './verify-samples.ts';
import { type VerifiedShard, verifyShard } from './verify-shard.ts';

export interface VerifyOptions {
  /** What the run planned, where its manifest is known. */
  readonly expected?: {
    readonly format: OutputFormat;
    readonly shards: readonly { readonly id: ShardId; readonly rows: number }[];
  };
  /** Folder of the run's temporary files; whatever lies in it is a fault. */
  readonly scratch?: string;
  /** Decodes every picture, where that is asked for. */
  readonly decode?: PictureDecoder;
  /** Told of each shard when it has been looked at. */
  readonly onShard?: (shard: VerifiedShard) => void;
}

export interface VerifyReport {
  readonly shards: number;
  readonly rows: number;
  readonly successes: number;
  readonly faults: readonly Fault[];
}

interface ShardFiles {
  readonly shard: string;
  readonly id: ShardId;
  readonly kinds: Set<ShardFileKind>;
}

/**
 * Proves a dataset whole, shard by shard. A broken dataset is no error: everything wrong with it is a fault of the
 * report. Memory holds one sample at a time. Without `expected` a missing shard cannot be known, and a dataset of
 * nothing but statistics passes for one of the format `none`.
 */
export async function verifyDataset(folder: string, options: VerifyOptions = {}): Promise<VerifyReport> {
  const { expected, decode, onShard } = options;
  const names = await listFolder(folder);
  const shards = shardsOf(names.found);
  const hasSamples = expected
    ? FORMATS[expected.format] !== null
    : shards.some(({ kinds }) =>
        ['tar', 'folder', 'parquet'].some((kind) => kinds.has(kind as ShardFileKind)),
      );

  const faults: Fault[] = [...names.faults, ...(await leftovers(folder, options.scratch))];
  const missing = new Map(expected?.shards.map(({ id, rows }) => [id, rows]));
  const totals = { shards: 0, rows: 0, successes: 0 };
  const metadata = await MetadataReader.open();
  try {
    for (const files of shards) {
      const shard = await verifyShard({
        ...files,
        folder,
        hasSamples,
        metadata,
        ...(decode === undefined ? {} : { decode }),
      });
      faults.push(...shard.faults, ...(expected ? againstPlan(shard, missing.get(files.id)) : []));
      missing.delete(files.id);
      totals.shards += 1;
      totals.rows += shard.rows;
      totals.successes += shard.successes;
      onShard?.(shard);
    }
  } finally {
    metadata.close();
  }
  for (const id of missing.keys()) faults.push({ file: '.', fault: `shard ${id} of the plan is missing` });
  return { ...totals, faults };
}

async function listFolder(folder: string): Promise<{ found: readonly string[]; faults: readonly Fault[] }> {
  try {
    return { found: await readdir(folder), faults: [] };
  } catch (error) {
    return { found: [], faults: [{ file: '.', fault: `cannot be read: ${oneLine(error)}` }] };
  }
}

function shardsOf(names: readonly string[]): ShardFiles[] {
  const shards = new Map<string, ShardFiles>();
  for (const name of names) {
    const file = parseShardFileName(name);
    if (file === null) continue;
    const files = shards.get(file.shard) ?? { ...file, kinds: new Set<ShardFileKind>() };
    files.kinds.add(file.kind);
    shards.set(file.shard, files);
  }
  return [...shards.values()].sort((a, b) => a.id - b.id);
}

async function leftovers(folder: string, scratch: string | undefined): Promise<Fault[]> {
  if (scratch === undefined) return [];
  const { found: names } = await listFolder(scratch);
  return names.map((name) => ({
    file: relative(folder, join(scratch, name)),
    fault: 'was left by an interrupted run',
  }));
}

function againstPlan({ shard, rows }: VerifiedShard, plannedRows: number | undefined): Fault[] {
  const file = shardFileName(shard, 'stats');
  if (plannedRows === undefined) return [{ file, fault: 'the plan has no such shard' }];
  return plannedRows === rows ? [] : [{ file, fault: `the shard has ${rows} rows, the plan ${plannedRows}` }];
}
