import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { changingOwners } from '../../support/box/changing-owners.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { digestFiles, listTar, readMember, readMetadata } from '../../support/command/read-dataset.ts';

const ASKS = { LAION_FETCH_RIGHTS_FILES: 'robots.txt,tdmrep.json' };

/** A dataset of three shards whose owners have since changed their minds. */
async function useOwners() {
  const owners = changingOwners();
  const web = await useWeb(owners.script);
  const index = await web.writeIndex(
    owners.rows.map(([host, path]) => [web.box.url(host, path), `caption of ${path}`] as const),
  );
  const flags = ['--number-sample-per-shard', '4', '--retries', '0', ...web.reach];
  const run = (words: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    runCli(words, { env: { ...ASKS, ...env } });
  expect((await run([index, '--output', web.output, ...flags])).code).toBe(0);
  owners.change();
  const recheck = (output: string, ...words: string[]) =>
    run(['recheck', output, '--retries', '0', ...words, ...web.reach]);
  return { ...web, owners, run, recheck, download: [index, '--output', web.output, ...flags] };
}

const codes = async (output: string) =>
  (await readMetadata(output)).map((row) => row['failure_code'] ?? row['status']);

test('recheck lists who has since said no, and --remove takes exactly their samples out', async () => {
  const { folder, output, owners, run, recheck, download } = await useOwners();
  const { rows } = owners;
  const before = digestFiles(output, '');
  const denied = rows.filter(([, , mechanism]) => mechanism !== null);
  const listed = await recheck(output, '--json');
  expect({ code: listed.code, stderr: listed.stderr }).toEqual({ code: 0, stderr: '' });
  const found = JSON.parse(listed.stdout);
  expect(found).toMatchObject({
    ...{ policy: 'standard', samples: 12, granted: 5, denied: denied.length, removed: 0 },
    // Who does not answer, or has nothing there any more, has not refused.
    unknown: { http_404: 1, robots_unreachable: 1 },
    mechanisms: [
      { name: 'robots.txt', rows: 2 },
      { name: 'x-robots-tag', rows: 2 },
      { name: 'tdmrep.json', rows: 1 },
    ],
    hosts: [
      { name: 'header.example', rows: 2 },
      { name: 'robots.example', rows: 2 },
      { name: 'tdm.example', rows: 1 },
    ],
  });
  expect(found.denied_samples.map(({ mechanism }: { mechanism: string }) => mechanism).sort()).toEqual(
    denied.map(([, , mechanism]) => mechanism).sort(),
  );
  expect(digestFiles(output, '')).toEqual(before);
  // Images are asked for by HEAD, those that are denied by their origins not at all.
  expect(owners.requests.filter((each) => each.includes('robots.example')).sort()).toEqual([
    ...['GET robots.example/robots.txt', 'HEAD robots.example/yes/0', 'HEAD robots.example/yes/11'],
  ]);
  // Once a host has not accepted HEAD, it gets GET.
  expect(owners.requests).toEqual(
    expect.arrayContaining(['GET header.example/get/6', 'GET header.example/get/7-no']),
  );
  const lines = (await readFile(join(output, '.laion-fetch/rights-evidence.jsonl'), 'utf8'))
    .trim()
    .split('\n');
  const findings = lines.map((line) => JSON.parse(line)).filter((line) => 'recheck' in line);
  expect(findings).toHaveLength(denied.length);
  expect(findings.find(({ shard }) => shard === '00000')).toMatchObject({
    ...{ key: '000001', reason: 'robots.txt:Disallow: /no/', removed: false },
    signals: [{ mechanism: 'robots.txt', raw: 'Disallow: /no/', verdict: 'deny', at: expect.any(Number) }],
  });

  const kept = readMember(join(output, '00000.tar'), '000003.jpg');
  const removed = await recheck(output, '--remove');
  expect(removed).toMatchObject({ code: 0, stderr: '' });
  expect(removed.stdout).toContain('5 samples taken out of 3 shards');
  expect(removed.stdout).toMatch(/robots\.txt +2 /);
  expect(await codes(output)).toEqual(
    rows.map(([, , mechanism]) => (mechanism === null ? 'success' : 'removed')),
  );
  expect(readMember(join(output, '00000.tar'), '000003.jpg')).toEqual(kept);
  expect(listTar(join(output, '00000.tar')).filter((name) => name.endsWith('.jpg'))).toEqual([
    ...['000000.jpg', '000003.jpg'],
  ]);
  const tombstones = (await readMetadata(output)).filter((row) => row['failure_code'] === 'removed');
  expect(tombstones[1]).toMatchObject({
    ...{ caption: 'caption of /2-no', key: '000002', http_status: 200 },
    error_message: 'taken out: Use of image disallowed by X-Robots-Tag directive',
  });
  expect(JSON.parse(String(tombstones[1]?.['rights']))).toMatchObject({
    ...{ decision: 'deny', reason: 'x-robots-tag:noai', policy: 'standard@1' },
    signals: [{ m: 'x-robots-tag', raw: 'noai', src: tombstones[1]?.['url'] }],
  });
  expect(await run(['verify', output, '--deep'])).toMatchObject({ code: 0 });

  // A table has the rights of every row, of tombstones too, and no image.
  const table = join(folder, 'table', 'rights.parquet');
  await mkdir(dirname(table));
  expect((await run(['rights', output, '--parquet', table])).code).toBe(0);
  const listedRows = await readMetadata(dirname(table));
  expect(listedRows.map(({ mechanism }) => mechanism)).toEqual(rows.map(([, , mechanism]) => mechanism));
  expect(listedRows.map(({ decision }) => decision)).toEqual(
    rows.map(([, , mechanism]) => (mechanism === null ? 'unknown' : 'deny')),
  );
  expect(listedRows[2]).toMatchObject({ key: '000002', failure_code: 'removed', policy: 'standard@1' });
  expect(await readMetadata(join(output, '.laion-fetch/rights.parquet'))).toEqual(listedRows);

  // Nothing brings them back, and a second call finds nothing.
  const after = digestFiles(output, '.tar');
  expect(JSON.parse((await recheck(output, '--remove', '--json')).stdout)).toMatchObject({
    denied: 0,
    samples: 7,
  });
  expect((await run(download)).code).toBe(0);
  expect(digestFiles(output, '.tar')).toEqual(after);
}, 60_000);

/** Kills Node before it renames a file for the nth time. */
const killBefore = (nth: number): Readonly<Record<string, string>> => {
  const script = `import fs from 'node:fs/promises';
    import { syncBuiltinESMExports } from 'node:module';
    const { rename } = fs;
    let calls = 0;
    fs.rename = (...paths) => ++calls === ${nth} ? process.kill(process.pid, 'SIGKILL') : rename(...paths);
    syncBuiltinESMExports();`;
  return { NODE_OPTIONS: `--import=data:text/javascript;base64,${Buffer.from(script).toString('base64')}` };
};

// All points: npm run recheck-faults.
test('a recheck that is killed between two files of a shard is completed by the same command', async () => {
  const { output, owners, run, recheck, reach } = await useOwners();
  const words = ['recheck', output, '--remove', '--retries', '0', '--quiet', ...reach];
  expect((await run(words, killBefore(8))).signal).toBe('SIGKILL');
  expect((await recheck(output, '--remove')).code).toBe(0);
  expect(await codes(output)).toEqual(
    owners.rows.map(([, , mechanism]) => (mechanism === null ? 'success' : 'removed')),
  );
  expect((await run(['verify', output])).code).toBe(0);
}, 60_000);

test('a recheck under a policy that refuses nothing is a mistake on the command line', async () => {
  const { code, stderr } = await runCli(['recheck', 'out', '--rights', 'record']);
  expect(code).toBe(2);
  expect(stderr).toContain('expected --rights standard or strict');
});
