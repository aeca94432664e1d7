import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runCli } from '../../support/command/cli.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { ATTACKS, startAttackServer } from './attack-server.ts';

/** One for each failure. */
const SAMPLE = [...new Map(ATTACKS.map((attack) => [attack.code, attack])).values()];

test('the command gives each attack its own failure and exits with 0', async () => {
  const server = await startAttackServer(SAMPLE);
  onTestFinished(() => server.close());
  const folder = await useTempFolder();
  const index = join(folder, 'index.txt');
  await writeFile(index, SAMPLE.map((attack) => `${server.url(attack)}\n`).join(''));
  const limits = [
    '--timeout',
    '3s',
    '--deadline',
    '12s',
    '--concurrency',
    '4',
    '--max-bytes',
    '100000',
    '--retries',
    '0',
  ];
  const reach = ['--allow-private', '127.0.0.0/8', '--insecure-tls', '--decoders', '1', '--json'];
  const run = await runCli([index, '--output', join(folder, 'out'), ...limits, ...reach]);
  expect(run.code).toBe(0);
  const expected: Record<string, number> = {};
  for (const { code } of SAMPLE) expected[code] = 1;
  expect(JSON.parse(run.stdout)).toMatchObject({
    rows: SAMPLE.length,
    successes: 0,
    failure_codes: expected,
  });
  await expect.poll(server.open).toEqual([]);
});
