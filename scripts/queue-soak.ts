/**
 * `npm run queue-soak -- redis|postgres|parts|fatal [shards] [kills] [--store versitygw] [--lanes 1]`: four machines write one
 * dataset, to a folder or a store. With a queue, machines are killed at random moments and started again, the server is
 * killed three times, a machine starts while it is away, and at last one machine is frozen for longer than its lease. With
 * parts, they are also started twice, here and as other machines, and finished ones run again. With a fatal row, each
 * machine that asks for it dies. Every row must be there once, the tars must equal those of a single machine, and no host
 * may have seen more connections than it is limited to before the freeze. Needs redis-server or Debian's postgresql; for
 * parts, unshare: another machine is a process with a host name of its own.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { judgeDataset } from './soak/judge-dataset.ts';
import { openPlace } from './soak/place.ts';
import { soakFatal } from './soak/soak-fatal.ts';
import { soakParts } from './soak/soak-parts.ts';
import { isQueueServer, soakQueue } from './soak/soak-queue.ts';
import { openSoakWeb } from './soak/soak-web.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { store: { type: 'string' }, lanes: { type: 'string', default: '1' } },
});
const [name = 'redis', shardCount = '400', killCount = '12'] = positionals;
const [shards, kills] = [Number(shardCount), Number(killCount)];

const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-queue-soak-'));
const place = await openPlace(folder, values.store);
try {
  const web = await openSoakWeb(folder, { shards, seconds: 5 * kills + 30 });
  try {
    if (isQueueServer(name))
      await soakQueue({ server: name, web, place, kills, lanes: Number(values.lanes) });
    else if (name === 'fatal') await soakFatal(web, place);
    else await soakParts({ web, place, kills });
    await judgeDataset(place, { shards, tars: web.tars });
  } finally {
    await web.box.close();
  }
} finally {
  await place.close();
  await rm(folder, { recursive: true, force: true });
}
