import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { outputPaths, type TracedCall, tracedCalls, underStrace, whyNoStrace } from './trace-output.ts';

const ROWS = 3;
const SAMPLE_FILES = Array.from({ length: ROWS }, (_, row) =>
  ['jpg', 'json', 'txt'].map((extension) => `00000/00000000${row}.${extension}`),
).flat();

/** The calls of a download of one shard, in their order. */
async function traceDownload(format: 'webdataset' | 'files') {
  const { box, folder, output, reach, writeIndex } = await useWeb({
    hosts: { '*': { paths: { '*': { body: { fixture: 'images/tiny.jpg' } } } } },
  });
  const index = await writeIndex(
    Array.from({ length: ROWS }, (_, row) => [box.url('a.example', `/${row}`), `row ${row}`] as const),
  );
  const scratch = join(output, '.laion-fetch', 'scratch');
  const samples = format === 'files' ? ['00000', ...SAMPLE_FILES].map((name) => join(scratch, name)) : [];
  const log = join(folder, 'calls');
  const flags = [
    '--number-sample-per-shard',
    '10000',
    '--output-format',
    format,
    '--decoders',
    '1',
    ...reach,
  ];
  const { code, stderr } = await runCli(
    [index, '--output', output, ...flags],
    underStrace([...outputPaths(output, 1), ...samples], '--decode-fds=path', '--output', log),
  );
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return { output, scratch, calls: new Calls(tracedCalls(log)) };
}

/** Positions of calls in a trace. */
class Calls {
  readonly #all: readonly TracedCall[];

  constructor(all: readonly TracedCall[]) {
    this.#all = all;
  }

  /** The last write to a file; fails where there is none. */
  lastWrite(path: string): number {
    const at = this.#all.findLastIndex(({ call, paths }) => /write/.test(call) && paths[0] === path);
    expect(at, `a write to ${path}`).not.toBe(-1);
    return at;
  }

  /** The first fsync of a file or folder after a position; fails where there is none. */
  fsyncAfter(position: number, path: string): number {
    return this.#after(
      position,
      `fsync of ${path}`,
      ({ call, paths }) => call === 'fsync' && paths[0] === path,
    );
  }

  /** The rename after a position; fails where there is none. */
  renameAfter(position: number, from: string, to: string): number {
    return this.#after(position, `rename to ${to}`, ({ call, paths }) => {
      return call.startsWith('rename') && paths[0] === from && paths[1] === to;
    });
  }

  #after(position: number, what: string, matches: (call: TracedCall) => boolean): number {
    const at = this.#all.findIndex((call, index) => index > position && matches(call));
    expect(at, `${what} after call ${position}`).not.toBe(-1);
    return at;
  }
}

const obstacle = whyNoStrace();
if (obstacle !== null) console.warn(`Skipped: ${obstacle}`);

describe.skipIf(obstacle !== null)(
  'a file has its final name only when it is complete, statistics last',
  () => {
    test('a tar, its metadata and checksums are fsynced, then renamed; then the statistics are', async () => {
      const { output, scratch, calls } = await traceDownload('webdataset');
      const renamed = ['00000.tar', '00000.parquet', '00000.sha256'].map((name) => {
        const path = join(scratch, name);
        return calls.renameAfter(calls.fsyncAfter(calls.lastWrite(path), path), path, join(output, name));
      });
      expectStatisticsLast(calls, output, scratch, renamed);
    });

    test('the files of a sample and their folder are fsynced, then the folder is renamed', async () => {
      const { output, scratch, calls } = await traceDownload('files');
      const folder = join(scratch, '00000');
      const synced = SAMPLE_FILES.map((name) => {
        const path = join(scratch, name);
        return calls.fsyncAfter(calls.lastWrite(path), path);
      });
      const folderSynced = calls.fsyncAfter(Math.max(...synced), folder);
      const renamed = calls.renameAfter(folderSynced, folder, join(output, '00000'));
      expectStatisticsLast(calls, output, scratch, [renamed]);
    });
  },
);

/** The names of the data are durable before the statistics appear, and theirs is afterwards. */
function expectStatisticsLast(
  calls: Calls,
  output: string,
  scratch: string,
  renamed: readonly number[],
): void {
  const stats = join(scratch, '00000_stats.json');
  const statsSynced = calls.fsyncAfter(calls.lastWrite(stats), stats);
  const dataDurable = calls.fsyncAfter(Math.max(...renamed), output);
  const last = calls.renameAfter(Math.max(statsSynced, dataDurable), stats, join(output, '00000_stats.json'));
  calls.fsyncAfter(last, output);
}
