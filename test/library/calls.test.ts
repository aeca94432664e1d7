import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DownloadEvent } from '../../src/index.ts';
import type { Answer } from '../support/box/answers.ts';
import { useWeb } from '../support/box/use-web.ts';
import { runCli } from '../support/command/cli.ts';
import { digestFiles } from '../support/command/read-dataset.ts';
import { startNode } from '../support/command/start-node.ts';

// Decoders and threads run what was built.
const BUILT = new URL('../../dist/index.js', import.meta.url).href;
const { download, plan, retry, verify } = (await import(BUILT)) as typeof import('../../src/index.ts');

const IMAGE: Answer = { body: { fixture: 'images/landscape.jpg' } };
const TIMEOUT_MS = 120_000;

/** A web of images and an index of so many of them; `other` answers the paths that it names. */
async function useIndex(rows: number, other: Readonly<Record<string, Answer>> = {}) {
  const web = await useWeb({ hosts: { '*': { paths: { ...other, '*': IMAGE } } } });
  const url = (path: string) => `http://127.0.0.1:${web.box.ports.http}${path}`;
  const paths = [...Object.keys(other), ...Array.from({ length: rows }, (_, row) => `/${row}.jpg`)];
  const index = await web.writeIndex(paths.map((path) => [url(path), `caption of ${path}`]));
  const options = {
    index,
    output: web.output,
    allowPrivate: ['127.0.0.0/8'],
    imageSize: 64,
    decoders: 1,
    rightsFiles: [],
  };
  return { ...web, index, options };
}

describe('download()', () => {
  test(
    'writes the same shards as the command and tells of them',
    async () => {
      const { folder, index, output, options } = await useIndex(6, { '/gone.jpg': { status: 410 } });
      const events: DownloadEvent[] = [];
      const result = await download(
        { ...options, numberSamplePerShard: 4 },
        { onEvent: (event) => events.push(event) },
      );
      expect(result).toMatchObject({
        ...{ ok: true, exitCode: 0, interrupted: false, output },
        ...{ rows: 7, successes: 6, failures: { http_410: 1 }, shardsWritten: 2, shardsBefore: 0 },
      });
      const flags = [
        '--allow-private',
        '127.0.0.0/8',
        '--image-size',
        '64',
        '--number-sample-per-shard',
        '4',
      ];
      await runCli([index, '--output', join(folder, 'command'), ...flags]);
      expect(digestFiles(output, '.tar')).toEqual(digestFiles(join(folder, 'command'), '.tar'));

      const told = events.filter(({ type }) => type !== 'progress' && type !== 'notice');
      expect(told).toEqual([
        { type: 'started', rows: null, rowsBefore: 0, shardsBefore: 0 },
        { type: 'shard', name: '00000', rows: 4, successes: 3 },
        { type: 'shard', name: '00001', rows: 3, successes: 3 },
      ]);
      expect(events.at(-1)).toMatchObject({ type: 'progress', rows: 7, shardsWritten: 2 });
    },
    TIMEOUT_MS,
  );

  test(
    'is interrupted by its signal, and the same call resumes it without fetching a row twice',
    async () => {
      const { box, output, options } = await useIndex(12);
      const settings = { ...options, numberSamplePerShard: 4, perHost: 1, concurrency: 1 };
      const stop = new AbortController();
      const first = await download(settings, {
        signal: stop.signal,
        onEvent: ({ type }) => {
          if (type === 'shard') stop.abort();
        },
      });
      expect(first).toMatchObject({
        ok: false,
        code: 'interrupted',
        exitCode: 130,
        interrupted: true,
        output,
      });
      const second = await download(settings);
      expect(second).toMatchObject({ ok: true, rows: 12, successes: 12 });
      const { paths } = box.stats().hosts['127.0.0.1'] ?? { paths: {} };
      expect(Object.values(paths)).toEqual(Array(12).fill(1));
      expect(await verify({ output })).toMatchObject({ ok: true, shards: 3, findings: [] });
    },
    TIMEOUT_MS,
  );

  test(
    'tells what a user can correct by a value, in the words of a program',
    async () => {
      const { folder, options } = await useIndex(1, { '/gone.jpg': { status: 410 } });
      const file = join(folder, 'file');
      await writeFile(file, '');
      const code = async (changes: object) => {
        const result = await download({ ...options, ...changes });
        return result.ok ? 'ok' : `${result.code} ${result.exitCode}`;
      };
      expect(await code({ imageSize: -1 })).toBe('usage 2');
      expect(await code({ index: [] })).toBe('usage 2');
      expect(await code({ output: null })).toBe('usage 2');
      expect(await code({ index: join(folder, 'missing.parquet') })).toMatch(/^(usage 2|input 3)$/);
      expect(await code({ output: join(file, 'below') })).toBe('output 4');
      expect(await download({ ...options, failUnder: 0.9 })).toMatchObject({
        ...{ ok: false, code: 'incomplete', exitCode: 5, successes: 1, rows: 2 },
        message: 'The success ratio is 0.5, below failUnder (0.9)',
      });
    },
    TIMEOUT_MS,
  );

  test(
    'is rejected with what its listener throws, and leaves the output to the next call',
    async () => {
      const { options } = await useIndex(3);
      const error = new Error('a bug of the listener');
      const onEvent = () => {
        throw error;
      };
      await expect(download(options, { onEvent })).rejects.toBe(error);
      expect(await download(options)).toMatchObject({ ok: true, successes: 3 });
    },
    TIMEOUT_MS,
  );

  test(
    'prints nothing, handles no signals, runs beside another one and lets the program end',
    async () => {
      const { folder, options } = await useIndex(5);
      const program = `
      import { download } from ${JSON.stringify(BUILT)};
      const options = ${JSON.stringify(options)};
      const results = await Promise.all(['a', 'b'].map((name) =>
        download({ ...options, output: ${JSON.stringify(folder)} + '/' + name })));
      const handlers = process.eventNames().filter((name) => /^SIG|xception|ejection/.test(String(name)));
      console.log(JSON.stringify([results.map(({ successes }) => successes), handlers]));`;
      const path = join(folder, 'program.mjs');
      await writeFile(path, program);
      const { code, stdout, stderr } = await startNode([path]).result;
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(JSON.parse(stdout)).toEqual([[5, 5], []]);
      expect(digestFiles(join(folder, 'a'), '.tar')).toEqual(digestFiles(join(folder, 'b'), '.tar'));
    },
    TIMEOUT_MS,
  );
});

test(
  'retry() restores rows that failed, plan() and verify() count them',
  async () => {
    const busy = [{ status: 503 }, IMAGE] as unknown as Answer;
    const { output, options } = await useIndex(2, { '/busy.jpg': busy });
    expect(await plan(options)).toMatchObject({ ok: true, rows: 3, usableRows: 3, hosts: { count: 1 } });
    expect(await download({ ...options, retries: 0 })).toMatchObject({ ok: true, failures: { http_503: 1 } });
    const { allowPrivate } = options;
    expect(await retry({ output, allowPrivate, classes: ['http_503'] })).toMatchObject({
      ...{ ok: true, rowsWanted: 1, rowsTried: 1, restored: 1, successes: 3, failures: {} },
    });
    expect(await retry({ output, classes: ['http_999' as 'http_404'] })).toMatchObject({ code: 'usage' });
    expect(await verify({ output, deep: true })).toMatchObject({ ok: true, rows: 3, successes: 3 });
    await writeFile(join(output, '00000.tar'), 'damaged');
    expect(await verify({ output })).toMatchObject({
      ok: false,
      code: 'incomplete',
      brokenShards: ['00000'],
    });
    expect(await verify({ output: join(output, 'missing') })).toMatchObject({ ok: false, code: 'usage' });
    expect(await plan(options, { signal: AbortSignal.abort() })).toMatchObject({ interrupted: true });
    expect(await verify({ output }, { signal: AbortSignal.abort() })).toMatchObject({ interrupted: true });
  },
  TIMEOUT_MS,
);
