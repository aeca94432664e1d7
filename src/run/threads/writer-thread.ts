/** What runs in the thread that writes shards; `writer.ts` is its other end. */
import { parentPort } from 'node:worker_threads';
import type { ShardStats } from '../../output/metadata/stats.ts';
import { SpoolReader } from '../../output/spool/spool-reader.ts';
import { writeShard } from '../../output/write/shard-writer.ts';
import { toThreadError } from './thread-error.ts';
import type { WriteAnswer, WriteOrder } from './writer.ts';

const port = parentPort;
if (port === null) throw new Error('Cannot start the writer: expected to be run in a thread of the engine.');
const answer = (result: WriteAnswer): void => port.postMessage(result);

port.on('message', (order: WriteOrder) => {
  write(order).then(
    (stats) => answer({ stats }),
    (error: unknown) => answer({ fault: toThreadError(error) }),
  );
});

async function write({ contents, ...shard }: WriteOrder): Promise<ShardStats> {
  const reader = await SpoolReader.open(contents);
  const spool = { bytes: contents.bytes, read: (row: number) => reader.read(row) };
  try {
    return await writeShard({ ...shard, spool });
  } finally {
    await reader.close();
  }
}
