import { relative } from 'node:path';
import { usageError } from '../core/errors.ts';
import type { ShardId } from '../core/samples.ts';
import { commitState } from '../output/commit-together.ts';
import type { OutputFormat } from '../output/formats.ts';
import { type VerifyReport, verifyDataset } from '../output/verify.ts';
import { planShards } from '../shards/plan.ts';

export type { VerifyReport } from '../output/verify.ts';

import type { Fault } from '../output/faults.ts';
import { backfillFolder, type ManifestRun, readManifest, scratchFolder } from './manifest.ts';
import { type PictureProof, startPictureProof } from './picture-proof.ts';

export interface VerifyRequest {
  readonly output: string;
  /** Whether every picture is decoded. */
  readonly deep: boolean;
  /** Processes that decode them. */
  readonly decoders: number;
}

/** Proves a dataset whole, against the plan of its runs where their manifest is there. */
export async function verifyOutput({ output, deep, decoders }: VerifyRequest): Promise<VerifyReport> {
  if (!deep) return verifyWith(output, null);
  const proof = startPictureProof(decoders);
  try {
    return await verifyWith(output, proof);
  } finally {
    await proof.close();
  }
}

async function verifyWith(output: string, proof: PictureProof | null): Promise<VerifyReport> {
  const manifest = await readManifest(output);
  const runs = manifest?.runs ?? [];
  const [first] = runs;
  const unfinished = runs.some((run) => run.finished === null);
  const report = await verifyDataset(output, {
    scratch: scratchFolder(output),
    ...(proof === null ? {} : { decode: proof.decode }),
    ...(first === undefined || unfinished
      ? {}
      : {
          expected: {
            format: first.options['output-format'] as OutputFormat,
            shards: runs.flatMap(plannedShards),
          },
        }),
  });
  if (manifest === null && report.shards === 0) {
    throw usageError(
      `Cannot verify '${output}': there is no dataset; name the folder that was given as --output`,
    );
  }
  const faults = [...(await backfillFaults(output)), ...report.faults];
  if (unfinished) faults.push({ file: '.', fault: 'the run is not finished; its command resumes it' });
  return { ...report, faults };
}

async function backfillFaults(output: string): Promise<Fault[]> {
  const folder = backfillFolder(output);
  const state = await commitState(folder);
  if (state === 'none') return [];
  const fault =
    state === 'committed'
      ? 'a back-fill is not finished; the next retry or download finishes it'
      : 'was left by an interrupted run';
  return [{ file: relative(output, folder), fault }];
}

function plannedShards({ finished, options, firstShard }: ManifestRun): { id: ShardId; rows: number }[] {
  return planShards(
    finished?.fileRows ?? [],
    Number(options['number-sample-per-shard']),
    firstShard as ShardId,
  );
}
