import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { outputError } from '../core/errors.ts';
import type { ShardId } from '../core/samples.ts';
import { TarStream } from '../output/write/tar-stream.ts';
import { shardFileName } from '../shards/files.ts';
import { shardName } from '../shards/names.ts';
import { type DownloadRequest, download, type RunSummary } from './download.ts';

/**
 * Downloads the images of an index and writes them to a file descriptor as one tar, a shard after the other, each with
 * its rows in order. Shards wait in a temporary folder until it is their turn; while the reader is slow, no further shard
 * is written. Nothing can be resumed: the folder is removed at the end.
 */
export async function streamDownload(
  request: Omit<DownloadRequest, 'output' | 'onShardWritten'>,
  descriptor: number,
): Promise<RunSummary> {
  const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-')).catch((error: unknown) => {
    throw outputError(`Cannot create a temporary folder in '${tmpdir()}': ${error}; set TMPDIR`, error);
  });
  const removeNow = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeNow);
  try {
    const tar = new TarStream(descriptor);
    const waiting = new Set<ShardId>();
    let next = 0 as ShardId;
    const onShardWritten = async (id: ShardId): Promise<void> => {
      waiting.add(id);
      for (; waiting.delete(next); next = (next + 1) as ShardId) {
        const name = shardName(next, { shardDigits: request.options.oomShardCount });
        const path = join(folder, shardFileName(name, 'tar'));
        await tar.add(path);
        await rm(path);
      }
    };
    const summary = await download({ ...request, output: folder, onShardWritten });
    if (!summary.interrupted) await tar.end();
    return { ...summary, output: '-', canRetry: false };
  } finally {
    process.off('exit', removeNow);
    await rm(folder, { recursive: true, force: true });
  }
}
