/** The thread that writes shards; `writer.ts` is the engine's end. */
import { parentPort } from 'node:worker_threads';
import type { ShardStats } from '../../output/metadata/stats.ts';
import { SpoolReader } from '../../output/spool/spool-reader.ts';
import { openStore } from '../../output/store/open-store.ts';
import { writeShard } from '../../output/write/shard-writer.ts';
import { toThreadError } from './thread-error.ts';
import type { WriteRequest, WriteResponse } from './writer.ts';

const port = parentPort;
if (port === null) throw new Error('Cannot start the writer: expected to run in a thread of the engine.');
const respond = (response: WriteResponse): void => port.postMessage(response);

port.on('message', (request: WriteRequest) => {
  write(request).then(
    (stats) => respond({ id: request.id, stats }),
    (error: unknown) => respond({ id: request.id, error: toThreadError(error) }),
  );
});

async function write({ contents, output, staging, ...shard }: WriteRequest): Promise<ShardStats> {
  const reader = await SpoolReader.open(contents);
  const spool = { bytes: contents.bytes, read: (row: number) => reader.read(row) };
  try {
    const onStaged = (): void => respond({ id: shard.id, staged: true });
    return await writeShard({ ...shard, store: openStore(output, staging), spool, onStaged });
  } finally {
    await reader.close();
  }
}
