import { createHash } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore } from '../../../src/output/store/open-store.ts';
import { runCli } from '../../support/command/cli.ts';
import { writeTar } from '../../support/command/from-tars.ts';
import { describeOnStores } from '../../support/stores/describe-on-stores.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

// Decoders and threads run what was built.
const BUILT = new URL('../../../dist/index.js', import.meta.url).href;
const { columns, download, merge, verify } = (await import(BUILT)) as typeof import('../../../src/index.ts');

/** Digests of the tars by name. */
async function tarsOf(output: string): Promise<Record<string, string>> {
  const store = openStore(output);
  const digests: Record<string, string> = {};
  for (const { name } of (await store.list()) ?? []) {
    if (!name.endsWith('.tar')) continue;
    const bytes = (await store.read(name)) ?? '';
    digests[name] = createHash('sha256').update(bytes).digest('hex');
  }
  return digests;
}

let folder = '';
const local = (name: string): string => join(folder, name);

const make = (output: string, tar: 'a' | 'b', more: object = {}) =>
  download({
    ...{ index: join(folder, 'tars', `${tar}.tar`), fromTar: true, output, imageSize: 16 },
    ...{ numberSamplePerShard: 8, decoders: 1, scratch: local('scratch'), ...more },
  });
const EXTEND = { incrementalMode: 'extend' };
/** New columns for some rows, and one fewer. */
const change = () =>
  ({ add: ['labels'], from: local('table.jsonl'), drop: ['tags'], scratch: local('scratch') }) as const;

// What is expected, made in folders.
beforeAll(async () => {
  folder = await useTempFolder(afterAll);
  await writeTar(folder, 'a', 9);
  await writeTar(folder, 'b', 6);
  const rows = [5, 3, 1, 0].map((row) => ({ URL: `http://a.example/a/${row}`, labels: [`l${row}`] }));
  await writeFile(local('table.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
  for (const more of [{}, EXTEND]) expect(await make(local('a'), 'a', more)).toMatchObject({ ok: true });
  expect(await make(local('b'), 'b')).toMatchObject({ ok: true });
  await merge({ output: local('all'), datasets: [local('a'), local('b')] });
  await merge({ output: local('changed'), datasets: [local('a'), local('b')] });
  await columns({ output: local('changed'), ...change() });
}, 60_000);

await describeOnStores(['azurite', 'fake-gcs-server'], (program, newLocation) => {
  test('--part, extend, merge, columns, repair and report do there what they do in a folder', async () => {
    const place = newLocation();
    const far = (name: string): string => `${place}-${name}`;
    for (const index of [0, 1])
      expect(await make(far('a'), 'a', { part: { index, count: 2 } })).toMatchObject({ ok: true });
    expect(await make(far('a'), 'a', EXTEND)).toMatchObject({ ok: true });
    expect(await tarsOf(far('a'))).toEqual(await tarsOf(local('a')));

    const mixed = { output: far('all'), datasets: [far('a'), local('b')] };
    expect(await merge(mixed)).toMatchObject({ ok: true, shards: 5, shardsBefore: 0, rows: 24 });
    expect(await tarsOf(far('all'))).toEqual(await tarsOf(local('all')));
    const back = join(folder, `back-${program}`);
    expect(await merge({ ...mixed, output: back })).toMatchObject({ ok: true });
    expect(await tarsOf(back)).toEqual(await tarsOf(local('all')));
    expect(await merge({ ...mixed, datasets: [far('a'), `${far('a')}/`] })).toMatchObject({ code: 'usage' });

    // Broken shards are removed, and the same call writes them again.
    const store = openStore(far('all'));
    await store.remove(['00001.tar']);
    await store.write('00002.tar', 'broken');
    const repaired = await verify({ output: far('all'), repair: true });
    expect(repaired).toMatchObject({ brokenShards: ['00001', '00002'] });
    expect(await merge(mixed)).toMatchObject({ ok: true, shardsBefore: 3 });
    expect(await tarsOf(far('all'))).toEqual(await tarsOf(local('all')));

    const output = far('all');
    expect(await columns({ output, ...change() })).toMatchObject({ ok: true, shardsBefore: 0, rows: 24 });
    expect(await columns({ output, ...change() })).toMatchObject({ ok: true, shardsBefore: 5, rows: 0 });
    expect(await tarsOf(output)).toEqual(await tarsOf(local('changed')));
    expect(await verify({ output })).toMatchObject({ ok: true, findings: [] });
    const { stdout } = await runCli(['report', output, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ rows: 24 });
    expect(await readdir(local('scratch'))).toEqual([]);
    expect(await store.leftovers()).toEqual([]);
  }, 60_000);
});
