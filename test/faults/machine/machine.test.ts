import { describe, expect, onTestFinished, test } from 'vitest';
import { CLI, runCli, spawnCli } from '../../support/command/cli.ts';
import { digestFiles, readMetadata } from '../../support/command/read-dataset.ts';
import { startNode } from '../../support/command/start-node.ts';
import { startToxicProxy } from '../network/toxic-proxy.ts';
import { stopDecoder } from './processes.ts';
import { useFaultRun } from './use-fault-run.ts';

/** A minute with LAION_FETCH_FAULTS=all; otherwise as long as it takes until the run has lost its connections. */
const STOPPED_MS = process.env['LAION_FETCH_FAULTS'] === 'all' ? 60_000 : 1_500;

describe('a machine', () => {
  test('whose wall clock jumps by hours writes the same tars and requests each page once', async () => {
    const { args, output, undisturbed, box } = await useFaultRun(40);
    const tars = await undisturbed();
    box.reset();
    const clock = new URL('./jumping-clock.mjs', import.meta.url);
    const run = await runCli([...args(output), '--per-host-rate', '20'], {
      env: { NODE_OPTIONS: `--import=${clock.href}` },
    });
    expect(run).toMatchObject({ code: 0 });
    expect(digestFiles(output, '.tar')).toEqual(tars);
    const asked = Object.values(box.stats().hosts).flatMap(({ paths }) => Object.values(paths));
    expect(asked).toEqual(Array(40).fill(1));
    expect(await runCli(['verify', output])).toMatchObject({ code: 0 });
  });

  test('with too few file descriptors ends the run with 6, says what to do, and loses nothing', async () => {
    const { args, output, undisturbed, resume } = await useFaultRun(20);
    const tars = await undisturbed();
    const script = 'ulimit -n 44; exec "$0" "$@"';
    const run = await startNode(['-c', script, process.execPath, CLI, ...args(output)], { command: 'sh' })
      .result;
    expect(run).toMatchObject({ code: 6, stderr: expect.stringContaining('raise the limit') });
    await resume(output);
    expect(digestFiles(output, '.tar')).toEqual(tars);
  });

  test('that stops the engine until its connections are gone continues the run afterwards', {
    timeout: STOPPED_MS + 60_000,
  }, async () => {
    const { args, output, box, writeIndex } = await useFaultRun(1);
    const proxy = await startToxicProxy({
      target: box.ports.http,
      toxics: () => [{ kind: 'bandwidth', bytesPerSecond: 300_000 }],
    });
    onTestFinished(() => proxy.close());
    const index = await writeIndex(
      Array.from(
        { length: 40 },
        (_, page) => [`http://h${page % 4}.example:${proxy.port}/${page}`, ''] as const,
      ),
      'proxied.csv',
    );
    const [, ...flags] = args(output);
    const timeoutMs = STOPPED_MS + 55_000;
    const run = spawnCli([index, ...flags, '--timeout', '1s', '--log-level', 'info'], { timeoutMs });
    await run.shows('shard written');
    run.kill('SIGSTOP');
    // As servers would that have waited in vain.
    proxy.resetAll();
    await new Promise((resolve) => setTimeout(resolve, STOPPED_MS));
    run.kill('SIGCONT');
    expect(await run.result).toMatchObject({ code: 0 });
    const rows = await readMetadata(output);
    expect(
      rows
        .filter(({ status }) => status !== 'success')
        .every(({ failure_code }) => failure_code === 'http_404'),
    ).toBe(true);
    expect(rows).toHaveLength(40);
    expect(await runCli(['verify', output, '--deep'])).toMatchObject({ code: 0 });
  });

  test('that stops a decoder loses no image', async () => {
    let output = '';
    let stopped = false;
    const run = await useFaultRun(40, undefined, ({ body }) => {
      // The image of this answer arrives after the stop.
      if (output !== '' && body !== undefined) stopped ||= stopDecoder(output);
    });
    const tars = await run.undisturbed();
    ({ output } = run);
    expect(await runCli(run.args(output))).toMatchObject({ code: 0 });
    expect(stopped).toBe(true);
    expect(digestFiles(output, '.tar')).toEqual(tars);
  });
});
