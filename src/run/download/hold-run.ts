import { basename, dirname, resolve } from 'node:path';
import type { Broker } from '../../broker/interface/broker.ts';
import { datasetSettings, type Options } from '../../config/resolve.ts';
import { usageError } from '../../core/errors.ts';
import type { IndexSource } from '../../inputs/file/index-file.ts';
import { openStore } from '../../output/store/open-store.ts';
import { parseShardFileName } from '../../shards/files.ts';
import { VERSION } from '../../util/version.ts';
import { describeInput } from '../dataset/describe-input.ts';
import { holdOutput } from '../dataset/lock/hold-output.ts';
import type { SharedOutput } from '../dataset/lock/share-output.ts';
import { reachOf } from '../dataset/manifest.ts';
import { makeOutputFolder, type PreparedOutput, prepareOutput } from '../dataset/prepare-output.ts';
import { sharerNames } from '../dataset/scratch.ts';
import { openDenyList, type ReadDenyList } from '../deny-list/read-deny-list.ts';
import type { RunListener } from '../engine/events.ts';
import { refuseUnmergeable } from '../index/collect-captions.ts';
import { findIndexFiles } from '../index/files/find-index-files.ts';
import { type OpenedIndex, openIndexFiles } from '../index/open-index.ts';
import { connectQueue } from '../queue/join-queue.ts';
import { readRemoved } from '../remove/removed-list.ts';

export interface RunRequest {
  readonly options: Options;
  readonly patterns: readonly string[];
  readonly output: string;
  readonly emit: RunListener;
  readonly signal: AbortSignal;
}

interface OpenedRun {
  readonly sources: readonly IndexSource[];
  readonly index: OpenedIndex;
  /** Gives this machine its shards; null without `--queue`. */
  readonly broker: Broker | null;
}

/** A run whose index is open and whose dataset is held, and prepared for it. */
export interface HeldRun extends OpenedRun {
  readonly held: SharedOutput<PreparedOutput>;
  readonly denyList: ReadDenyList | null;
}

/**
 * Opens the index, prepares the dataset as `--incremental-mode` says, records the run there, and holds both while `work`
 * runs. Throws a UserError for what a user can correct.
 */
export async function holdRun<T>(request: RunRequest, work: (run: HeldRun) => Promise<T>): Promise<T> {
  const { options, patterns, output, emit, signal } = request;
  const onNotice = (message: string): void => emit({ type: 'notice', message });
  const sources = await findIndexFiles(patterns, options);
  const index = await openIndexFiles(sources, options, onNotice);
  try {
    refuseInputsAmongShards(sources, output);
    refuseUnmergeable({ options, index });
    const broker = await connectQueue({ options, patterns, onNotice, signal });
    try {
      return await holdDataset(request, { sources, index, broker }, work);
    } finally {
      await broker?.close();
    }
  } finally {
    // A run that fails before its first row has not reached the code that closes its inputs.
    await Promise.all(index.files.map(({ opened }) => opened?.close()));
  }
}

async function holdDataset<T>(
  { options, output, emit }: RunRequest,
  opened: OpenedRun,
  work: (run: HeldRun) => Promise<T>,
): Promise<T> {
  const lists = await openDenyList(options, (message) => emit({ type: 'notice', message }));
  await makeOutputFolder(output);
  const inputs = await Promise.all(opened.sources.map(describeInput));
  let denyList: ReadDenyList | null = null;
  const held = await holdOutput(output, sharerNames(options), async (sharer) => {
    denyList = lists.finish(await readRemoved(openStore(output)));
    const planned = {
      inputs,
      options: datasetSettings(options),
      versions: { 'laion-fetch': VERSION, node: process.versions.node },
      ...reachOf(options, denyList?.files),
      startedAt: new Date().toISOString(),
    };
    return prepareOutput(output, options, planned, sharer);
  });
  try {
    return await work({ ...opened, held, denyList });
  } finally {
    await held.leave();
  }
}

/** Refuses an index whose name is that of a shard in the output: it would be overwritten while it is read. */
function refuseInputsAmongShards(sources: readonly IndexSource[], output: string): void {
  for (const { name, path } of sources) {
    if (path === null || resolve(dirname(path)) !== resolve(output)) continue;
    if (parseShardFileName(basename(path)) === null) continue;
    throw usageError(
      `Cannot write to '${output}': the index '${name}' has the name of a shard there; name another folder`,
    );
  }
}
