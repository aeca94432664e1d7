import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test, vi } from 'vitest';
import { descendants, isDecoder, isRunning } from '../../../scripts/clusters/processes.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli, spawnCli } from '../../support/command/cli.ts';

test('a run ends with its launcher, and its decoders with it', async () => {
  const web = await useWeb({
    hosts: { '*': { paths: { '/': { body: { fixture: 'images/tiny.jpg' } }, '/slow': { hang: true } } } },
  });
  const urls = ['/', '/slow'].map((path) => [web.box.url('a.example', path), ''] as const);
  const index = await web.writeIndex(urls);
  const launcher = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  onTestFinished(() => void launcher.kill());
  const run = spawnCli([
    ...[index, '--output', web.output, '--end-with', `${process.pid},${launcher.pid}`],
    ...['--log-level', 'info', '--timeout', '60s', ...web.reach],
  ]);
  await run.shows('run started');
  const isOfRun = ({ words }: { words: string }): boolean => words.includes(web.output);
  const decoders = await vi.waitFor(
    () => {
      const found = descendants(process.pid)
        .filter(isOfRun)
        .flatMap(({ pid }) => descendants(pid))
        .filter(isDecoder);
      expect(found).toHaveLength(1);
      return found;
    },
    { timeout: 20_000, interval: 100 },
  );
  launcher.kill('SIGKILL');
  await once(launcher, 'exit');
  // Nothing is finished first: a scheduler starts the same work elsewhere.
  expect(await run.result).toMatchObject({ code: null, signal: 'SIGKILL' });
  await vi.waitFor(() => expect(decoders.filter(isRunning)).toEqual([]), { timeout: 20_000 });
}, 60_000);

test('a launcher that has already ended is a mistake', async () => {
  const gone = spawn(process.execPath, ['-e', '']);
  await once(gone, 'exit');
  const run = await runCli(['index.csv', '--output', 'out', '--end-with', `${gone.pid}`]);
  expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining('--end-with: expected a running') });
});
