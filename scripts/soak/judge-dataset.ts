import { isDeepStrictEqual } from 'node:util';
import { runCli } from '../../test/support/command/cli.ts';
import { check } from '../check.ts';
import type { Place } from './place.ts';
import { TIMEOUT_MS } from './soak-web.ts';

/** Every row once, the tars of a single machine, nothing left of the work. */
export async function judgeDataset(
  { output, env, digests, leftovers }: Place,
  { shards, tars }: { shards: number; tars: Readonly<Record<string, string>> },
): Promise<void> {
  check('the same tars', isDeepStrictEqual(await digests('.tar'), tars));
  check('every shard once', Object.keys(await digests('_stats.json')).length === shards);
  const verified = await runCli(['verify', output], { env, timeoutMs: TIMEOUT_MS });
  check(`verify: ${verified.stdout.trim()}`, verified.code === 0);
  const left = await leftovers();
  check(`nothing is left of the work ${left.slice(0, 10).join(', ')}`, left.length === 0);
}
