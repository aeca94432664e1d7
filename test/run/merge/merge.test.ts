import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resolveOptions } from '../../../src/config/resolve.ts';
import { changeDatasetColumns } from '../../../src/run/columns.ts';
import { merge } from '../../../src/run/merge.ts';
import { remove } from '../../../src/run/remove.ts';
import { verifyOutput } from '../../../src/run/verify.ts';
import { runCli, spawnCli } from '../../support/command/cli.ts';
import { makeDataset } from '../../support/command/from-tars.ts';
import { listTar, readMember, readMetadata } from '../../support/command/read-dataset.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const { options } = resolveOptions([new Map([['decoders', { text: '1', origin: 'test' }]])]);

const mergeInto = (output: string, sources: readonly string[], renumber = false) =>
  merge({ output, sources, options, renumber, onNotice: () => {} });

async function findingsOf(output: string): Promise<readonly unknown[]> {
  const request = { output, options, index: null, decodeImages: false, repair: false };
  return (await verifyOutput(request)).findings;
}

/** Digests of all files of a folder but those of `.laion-fetch`. */
const filesOf = (folder: string): string =>
  execFileSync('sh', ['-c', "find . -type f -not -path './.laion-fetch*' | sort | xargs sha256sum"], {
    cwd: folder,
    encoding: 'utf8',
  });

/** Rows without what a merger changes. */
const contentOf = (rows: readonly Record<string, unknown>[]): unknown[] =>
  rows.map(({ key: _, duplicate_of: __, ...row }) => row);

test('datasets become one: rows and images stay, keys and shards are numbered on, sources are only read', async () => {
  const folder = await useTempFolder();
  const [a, b] = await Promise.all([
    makeDataset(folder, 'a', 20, ['--number-sample-per-shard', '8', '--dedupe', 'url']),
    makeDataset(folder, 'b', 13, ['--number-sample-per-shard', '5', '--oom-shard-count', '6']),
  ]);
  const evidence = '.laion-fetch/rights-evidence.jsonl';
  await writeFile(join(a, evidence), '{"sha256":"1"}\n{"sha256":"2"}\n');
  await writeFile(join(b, evidence), '{"sha256":"2"}\n{"sha256":"3"}\n');
  const before = [a, b].map(filesOf);
  const out = join(folder, 'out');
  const { code, stderr } = await runCli(['merge', out, a, b]);
  expect({ code, stderr: stderr.replaceAll(out, 'out') }).toEqual({
    code: 0,
    stderr: 'out: merged 6 shards of 2 datasets; wrote 33 rows and 19 samples\n',
  });
  expect([a, b].map(filesOf)).toEqual(before);
  expect(String(await readFile(join(out, evidence))).match(/\d{1}(?="\})/g)).toEqual(['1', '2', '3']);
  expect(await findingsOf(out)).toEqual([]);
  const rows = await readMetadata(out);
  expect(contentOf(rows)).toEqual(
    contentOf([...(await readMetadata(a)), ...(await readMetadata(b))]).map((row) =>
      expect.objectContaining(row as object),
    ),
  );
  expect(new Set(rows.map(({ key }) => key)).size).toBe(33);
  expect(rows[25]?.['key']).toBe('0000040');
  // Pointers to earlier rows follow their keys.
  const [first, pointing] = [rows[0], rows.find(({ duplicate_of }) => duplicate_of !== null)];
  expect(pointing).toMatchObject({ duplicate_of: first?.['key'], url: first?.['url'] });
  const [source, merged] = [join(b, '000001.tar'), join(out, '000004.tar')];
  for (const [at, member] of listTar(source).entries()) {
    const moved = listTar(merged)[at] ?? '';
    const [old, now] = [readMember(source, member), readMember(merged, moved)];
    if (!member.endsWith('.json')) expect(now).toEqual(old);
    else {
      expect(String(now)).toBe(String(old).replace(`"${member.split('.')[0]}"`, `"${moved.split('.')[0]}"`));
      expect(now).not.toEqual(old);
    }
  }
  expect(JSON.parse(await readFile(join(out, 'sizes.json'), 'utf8'))).toMatchObject({ '000000.tar': 7 });

  // Killed, and begun again; and once more, when there is nothing to do.
  const killed = join(folder, 'killed');
  const running = spawnCli(['merge', killed, a, b]);
  const ended = running.result.then(() => true);
  while (!(await readdir(killed).catch((): string[] => [])).includes('000001_stats.json')) {
    if (await Promise.race([ended, new Promise<void>((resolve) => setTimeout(resolve, 2))])) break;
  }
  running.kill('SIGKILL');
  await running.result;
  await mergeInto(killed, [a, b]);
  expect(await mergeInto(killed, [a, b])).toMatchObject({ shards: 6, shardsBefore: 6, rows: 0 });
  expect(filesOf(killed)).toBe(filesOf(out));
  await expect(mergeInto(killed, [b, a])).rejects.toThrow(
    'it was begun with other datasets, in another order',
  );

  // A broken shard comes back.
  await writeFile(join(killed, '000002.tar'), 'broken');
  const repaired = await runCli(['verify', killed, '--repair']);
  expect(repaired.stdout + repaired.stderr).toContain(`laion-fetch merge ${killed} ${a} ${b}`);
  await mergeInto(killed, [a, b]);
  expect(filesOf(killed)).toBe(filesOf(out));

  const again = join(folder, 'again');
  await expect(mergeInto(again, [a, a])).rejects.toThrow('it is named twice');
  await expect(mergeInto(a, [a, b])).rejects.toThrow('it is the output');
  await expect(mergeInto(b, [a])).rejects.toThrow('it holds another dataset');
  await expect(mergeInto(again, [a, join(folder, 'tars')])).rejects.toThrow(
    'there is no dataset of laion-fetch',
  );
}, 180_000);

test('what was taken out of a dataset stays out of a merger, and of a shard that is merged again', async () => {
  const folder = await useTempFolder();
  const [a, b] = await Promise.all(['a', 'b'].map((name) => makeDataset(folder, name, 4)));
  const [other, own] = ['b/1', 'a/2'].map((path) => `http://a.example/${path}`);
  const digest = createHash('sha256').update(String(other)).digest('hex');
  await writeFile(join(String(a), '.laion-fetch/removed.txt'), `# from a\nurl-sha256:${digest}\n`);
  const out = join(folder, 'out');
  const sources = [String(a), String(b)];
  expect(await mergeInto(out, sources)).toMatchObject({ rows: 8, samples: 7 });
  const urls = join(folder, 'urls.txt');
  await writeFile(urls, String(own));
  await remove({ output: out, options, lists: [urls], onNotice: () => {} });
  const removed = async (): Promise<unknown[]> =>
    (await readMetadata(out)).filter((row) => row['failure_code'] === 'removed').map(({ url }) => url);
  expect(await removed()).toEqual([own, other]);
  await writeFile(join(out, '00000.tar'), 'broken');
  await verifyOutput({ output: out, options, index: null, decodeImages: false, repair: true });
  await mergeInto(out, sources);
  expect(await removed()).toEqual([own, other]);
  expect(await findingsOf(out)).toEqual([]);
});

test.each(['files', 'parquet', 'tfrecord', 'mds'])(
  '%s: other columns, and a merger of two',
  async (format) => {
    const folder = await useTempFolder();
    const flags = ['--number-sample-per-shard', '5', '--output-format', format];
    const a = await makeDataset(folder, 'a', 9, flags);
    const table = join(folder, 'table.jsonl');
    const lines = [1, 3].map((url) => ({ URL: `http://a.example/a/${url}`, labels: [`l${url}`, 'x'] }));
    await writeFile(table, lines.map((line) => JSON.stringify(line)).join('\n'));
    const columns = { add: ['labels'], from: [table], drop: ['score'], on: 'URL' };
    await changeDatasetColumns({ output: a, options, onNotice: () => {}, ...columns });
    expect(await findingsOf(a)).toEqual([]);
    await cp(a, join(folder, 'b'), { recursive: true });
    const out = join(folder, 'out');
    await mergeInto(out, [a, join(folder, 'b')]);
    expect(await findingsOf(out)).toEqual([]);
    const rows = await readMetadata(out);
    expect(rows[1]).toMatchObject({ labels: ['l1', 'x'] });
    expect(rows[2]).toMatchObject({ labels: null });
    expect(Object.keys(rows[0] ?? {})).not.toContain('score');
    expect(contentOf(rows.slice(9))).toEqual(contentOf(rows.slice(0, 9)));
    expect(new Set(rows.map(({ key }) => key)).size).toBe(18);
  },
  180_000,
);

test('keys that rows have given stay, are different, or become numbers; other formats are refused', async () => {
  const folder = await useTempFolder();
  const [a, b, webp] = await Promise.all([
    makeDataset(folder, 'a', 6, ['--key-col', 'id']),
    makeDataset(folder, 'b', 6, ['--key-col', 'id']),
    makeDataset(folder, 'c', 3, ['--encode-format', 'webp']),
  ]);
  const out = join(folder, 'out');
  await mergeInto(out, [a, b]);
  expect(await findingsOf(out)).toEqual([]);
  expect((await readMetadata(out)).map(({ key }) => key)).toContain('b-5');
  await cp(a, join(folder, 'd'), { recursive: true });
  const twice = [a, join(folder, 'd')];
  await expect(mergeInto(join(folder, 'e'), twice)).rejects.toThrow(
    "an earlier sample has the key 'a-0', too",
  );
  await rm(join(folder, 'e'), { recursive: true });
  await mergeInto(join(folder, 'e'), twice, true);
  expect(await findingsOf(join(folder, 'e'))).toEqual([]);
  expect((await readMetadata(join(folder, 'e')))[6]?.['key']).toBe('000010000');
  await expect(mergeInto(join(folder, 'f'), [a, webp])).rejects.toThrow(
    /differ in --encode-format: '.*a' has jpg, '.*c' has webp; make one of them again/,
  );
}, 180_000);
