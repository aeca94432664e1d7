import { isDeepStrictEqual } from 'node:util';
import { runCli } from '../../test/support/command/cli.ts';
import type { Judge } from './judge.ts';
import type { Place } from './place.ts';
import { TIMEOUT_MS } from './soak-web.ts';

/** Every row once, the tars of a single machine, nothing left of the work. */
export async function judgeDataset(
  { output, env, digests, leftovers }: Place,
  { shards, tars, judge }: { shards: number; tars: Readonly<Record<string, string>>; judge: Judge },
): Promise<void> {
  judge.check(isDeepStrictEqual(await digests('.tar'), tars), 'the same tars');
  judge.check(Object.keys(await digests('_stats.json')).length === shards, 'every shard once');
  const verified = await runCli(['verify', output], { env, timeoutMs: TIMEOUT_MS });
  judge.check(verified.code === 0, `verify: ${verified.stdout.trim()}`);
  const left = await leftovers();
  judge.check(left.length === 0, `nothing is left of the work ${left.slice(0, 10).join(', ')}`);
}
