import { join } from 'node:path';
import type { Options } from '../../config/resolve.ts';
import type { ShardId } from '../../core/samples.ts';
import { type OwnShards, rowsOwned } from '../../shards/own-shards.ts';
import { VERSION } from '../../util/version.ts';
import type { PreparedOutput } from '../dataset/prepare-output.ts';
import type { EngineIo } from '../engine/engine.ts';
import type { RunListener } from '../engine/events.ts';
import { assignShards } from '../index/assign-shards.ts';
import type { MergedCaptions } from '../index/merged-captions.ts';
import type { OpenedIndex } from '../index/open-index.ts';
import { judgeLicences, licenceColumns, licenceJudge } from '../licences/judge-licences.ts';
import type { QueueRun } from '../queue/queue-run.ts';
import { datasetShape } from '../stages/stage-settings.ts';
import type { Writer } from '../threads/writer.ts';

const NO_LICENCES =
  'no carried column of the index names licences, so that --license is decided by metadata of each image, after its download';

export interface DownloadIoPlan {
  readonly options: Options;
  readonly index: OpenedIndex;
  readonly prepared: PreparedOutput;
  /** The shards of this machine; null for all. */
  readonly own: OwnShards | null;
  /** Gives this machine its shards; null if it knows them. */
  readonly queue: QueueRun | null;
  readonly writer: Writer;
  readonly captions: MergedCaptions | null;
  readonly emit: RunListener;
  readonly onDropped: (rows: number) => void;
  /** Called when the whole index has been read. */
  readonly onRead: () => void;
  /** Called when a shard has its final names; the next shard is written when the promise resolves. */
  readonly onShardWritten: ((id: ShardId) => Promise<void>) | undefined;
}

/** Reads every row of the index that no finished shard holds, and writes new shards. */
export function downloadIo(plan: DownloadIoPlan): EngineIo {
  const { options, index, prepared, own, queue, writer, captions, emit, onDropped, onRead, onShardWritten } =
    plan;
  const { output, scratch, firstShard, done } = prepared;
  const shape = datasetShape(options, index);
  const onNotice = (message: string): void => emit({ type: 'notice', message });
  return {
    async *readBatches(signal) {
      const assign = { options, index, firstShard, done, own, signal, captions, onNotice, onDropped };
      if (options.license !== null && licenceColumns(index.columns).length === 0) onNotice(NO_LICENCES);
      const batches = queue === null ? assignShards(assign) : queue.readBatches(signal);
      const extent = yield* judgeLicences(batches, licenceJudge(options, index.columns));
      onRead();
      const { numberSamplePerShard } = options;
      const rows = queue?.rowsTaken ?? rowsOwned(extent, numberSamplePerShard, firstShard, own);
      if (!signal.aborted) emit({ type: 'total', rows, kind: 'exact' });
      return extent;
    },
    writeShard: async ({ id, rows, spool, startedAt }, onStaged) => {
      const request = {
        id,
        rows,
        contents: await spool.contents(),
        shape,
        output,
        staging: join(scratch, 'staging'),
        isShared: prepared.sharer !== null,
        times: { startedAt, endedAt: Date.now() },
        version: VERSION,
      };
      const stats = await writer.write(request, onStaged);
      queue?.written(id);
      await onShardWritten?.(id);
      return stats;
    },
  };
}
