import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { HostKey } from '../../../src/core/samples.ts';
import { addEvidence, type Finding, FindingLog } from '../../../src/run/dataset/evidence.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const finding = (key: string): Finding => ({
  ...{
    recheck: '2026-01-01T00:00:00.000Z',
    shard: '00000',
    key,
    url: 'http://a.example/',
    policy: 'standard',
  },
  ...{ reason: 'robots.txt:Disallow: /', signals: [], removed: true },
});
const files = [
  { origin: 'http://a.example', file: 'robots.txt', url: 'http://a.example/robots.txt', at: 1, body: '# a' },
] as const;
const record = { host: 'a.example' as HostKey, closed: null, intervalMs: 0, meanMs: null, files };

async function useEvidence() {
  const output = await useTempFolder();
  await mkdir(join(output, '.laion-fetch'));
  const path = join(output, '.laion-fetch/rights-evidence.jsonl');
  return { output, path, lines: async () => (await readFile(path, 'utf8')).split('\n') };
}

test('findings are added to the file as it is, each on a line of its own behind a torn one', async () => {
  const { output, path, lines } = await useEvidence();
  const log = await FindingLog.open(output);
  await log.add([finding('1'), finding('2')]);
  const { ino } = await stat(path);
  await writeFile(path, '{"recheck":"20', { flag: 'a' });
  await log.add([finding('3')]);
  expect((await stat(path)).ino).toBe(ino);
  await writeFile(path, '{"recheck":"20', { flag: 'a' });
  await addEvidence(output, [record]);
  const [first, second, torn, third, tornAgain, robots, end] = await lines();
  expect([first, second, third].map((line) => JSON.parse(line ?? '').key)).toEqual(['1', '2', '3']);
  expect([torn, tornAgain, end]).toEqual(['{"recheck":"20', '{"recheck":"20', '']);
  expect(JSON.parse(robots ?? '')).toMatchObject({ file: 'robots.txt', body: '# a' });
  await addEvidence(output, [record]);
  expect(await lines()).toHaveLength(7);
});

test('findings are not written through a link', async () => {
  const { output, path } = await useEvidence();
  const elsewhere = join(output, 'elsewhere');
  await writeFile(elsewhere, '');
  await symlink(elsewhere, path);
  const log = await FindingLog.open(output);
  await expect(log.add([finding('1')])).rejects.toThrow(path);
  expect(await readFile(elsewhere, 'utf8')).toBe('');
});
