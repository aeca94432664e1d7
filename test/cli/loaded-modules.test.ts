import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parquetWriteFile } from 'hyparquet-writer';
import { describe, expect, test } from 'vitest';
import { useWeb } from '../support/box/use-web.ts';
import { CLI } from '../support/command/cli.ts';
import { startNode } from '../support/command/start-node.ts';
import { useTempFolder } from '../support/temp-folder.ts';

const { dependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>;
};

const ALWAYS = ['commander'];
/** What every download needs in its engine and its writer, whatever the index is. */
const DOWNLOAD = [
  ...['commander', 'fzstd', 'hyparquet', 'hyparquet-writer', 'ipaddr.js', 'lossless-json', 'p-limit', 'pino'],
  ...['picomatch', 'tar-stream', 'tinyglobby', 'undici'],
];

describe('the command loads what it uses and nothing else', () => {
  test.each(['--help', '--version', '--no-such-flag'])('%s', async (flag) => {
    expect(await loadedBy([flag])).toEqual({
      packages: ALWAYS,
      folders: ['cli', 'config', 'core', 'report', 'util'],
    });
  });

  test('a Node that is too old: no module at all', async () => {
    const versions = "{ value: { ...process.versions, node: '18.20.8' } }";
    const pretend = `data:text/javascript,Object.defineProperty(process, 'versions', ${versions})`;
    expect(await loadedBy(['--help'], ['--import', pretend])).toEqual({ packages: [], folders: [] });
  });

  test('a run with a CSV: no DuckDB, no Arrow, no sharp', async () => {
    const web = await useWeb({ hosts: { 'a.example': { paths: { '/a.jpg': IMAGE } } } });
    const index = await web.writeIndex([[web.box.url('a.example', '/a.jpg'), 'a caption']]);
    const { packages } = await loadedBy([index, '--output', web.output, ...web.reach]);
    expect(packages).toEqual([...DOWNLOAD, 'csv-parse'].sort());
  });

  test('a run with a Parquet file: no Arrow, no CSV, no sharp', async () => {
    const web = await useWeb({ hosts: { 'a.example': { paths: { '/a.jpg': IMAGE } } } });
    const index = join(web.folder, 'index.parquet');
    const url = web.box.url('a.example', '/a.jpg');
    parquetWriteFile({ filename: index, columnData: [{ name: 'url', data: [url], type: 'STRING' }] });
    const { packages } = await loadedBy([index, '--output', web.output, ...web.reach]);
    expect(packages).toEqual([...DOWNLOAD, '@duckdb/node-api'].sort());
  });
});

const IMAGE = { body: { fixture: 'images/tiny.jpg' } };

interface Loaded {
  /** Dependencies of package.json, not theirs. */
  readonly packages: readonly string[];
  /** Folders of dist/ at the top. */
  readonly folders: readonly string[];
}

/** What the command's process and its threads have loaded; decoders are not counted. */
async function loadedBy(args: readonly string[], nodeArgs: readonly string[] = []): Promise<Loaded> {
  const folder = await useTempFolder();
  await startNode([...nodeArgs, CLI, ...args], {
    env: { NODE_V8_COVERAGE: folder, LAION_FETCH_DECODERS: '1' },
  }).result;
  const names = await readdir(folder);
  const reports = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  const urls = reports.flatMap((text) =>
    (JSON.parse(text) as { result: { url: string }[] }).result.map(({ url }) => url),
  );
  expect(urls).toContainEqual(expect.stringMatching(/\/bin\/laion-fetch\.js$/));
  const unique = (pattern: RegExp): string[] =>
    [...new Set(urls.flatMap((url) => pattern.exec(url)?.[1] ?? []))].sort();
  const packages = unique(/\/node_modules\/((?:@[^/]+\/)?[^/]+)\//);
  const own = new RegExp(`^${pathToFileURL(join(CLI, '../../dist/')).href}(\\w+)/`);
  return { packages: packages.filter((name) => Object.hasOwn(dependencies, name)), folders: unique(own) };
}
