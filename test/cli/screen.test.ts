import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { useWeb, type Web } from '../support/box/use-web.ts';
import {
  commandLine,
  frames,
  showOutput,
  spawnOnTerminal,
  spawnShell,
} from '../support/command/pseudo-terminal.ts';

const IMAGE = { body: { fixture: 'images/landscape.jpg' }, delayMs: 100 } as const;

/** An index of slow hosts, one connection each. */
async function useSlowWeb(rows: number): Promise<Web & { readonly args: readonly string[] }> {
  const web = await useWeb({ hosts: { '*': { paths: { '*': IMAGE, '/gone': { status: 410 } } } } });
  const urls = Array.from({ length: rows }, (_, i) =>
    web.box.url(`h${i % 10}.example`, i % 4 === 0 ? '/gone' : `/${i}`),
  );
  await web.writeIndex(urls.map((url) => [url, 'a caption'] as const));
  const args = ['index.csv', '--output', 'out', '--per-host', '1', ...web.reach];
  return { ...web, args };
}

test('three lines follow a run, with a total for --sample, and leave only the summary', async () => {
  const { folder, args } = await useSlowWeb(300);
  const run = spawnOnTerminal([...args, '--sample', '0.9'], { columns: 80, rows: 24 }, { cwd: folder });
  const { code, stdout } = await run.result;
  const shown = frames(stdout, 80);
  expect(shown).toContain('reading the index ...');
  const total = (JSON.parse(await lastStats(folder)) as { count: number }).count;
  const live = shown.filter((frame) => frame.split('\n').length === 3);
  expect(live.at(-1)).toMatch(
    new RegExp(
      `^\\[#+-*\\] +[\\d.]+ %  \\d+ of ${total} rows  (ETA|after|writing)[^\\n]*\\n` +
        '[\\d.]+ rows/s  [\\d.]+ img/s  [\\d.]+[KM]iB/s  \\d+ in flight  \\d+ waiting  [01]/1 decoding\\n' +
        '[\\d.]+ % ok  http_410 \\d+  p pauses, q ends$',
    ),
  );
  const end = showOutput(stdout, 80);
  expect(end).toMatch(/^\n {2}done in [^\n]+\n\n {2}rows +\d+\n/);
  expect(end).not.toContain('rows/s');
  expect(code).toBe(0);
});

test('p pauses: no request until p is pressed again; q ends as Ctrl-C does, and Ctrl-C still works', async () => {
  const { box, folder, args } = await useSlowWeb(400);
  const requests = (): number => countRequests(box);
  const size = { columns: 120, rows: 40 };
  const run = spawnOnTerminal(args, size, { cwd: folder });
  await run.shows('img/s');
  await run.shows('http_410');
  run.write('p');
  await run.shows('paused, p goes on');
  // What was in flight ends.
  await sleep(500);
  const paused = requests();
  await sleep(700);
  expect(requests()).toBe(paused);
  run.write('p');
  await expect.poll(requests, { timeout: 20_000 }).toBeGreaterThan(paused + 5);
  run.write('q');
  const { code, stdout } = await run.result;
  expect({ code, stdout }).toMatchObject({ code: 130, stdout: expect.stringContaining('interrupted after') });

  const resumed = spawnOnTerminal(args, size, { cwd: folder });
  await resumed.shows('img/s');
  resumed.write('\u0003\u0003');
  const end = await resumed.result;
  // The second Ctrl-C ends at once; even then no live line stays behind.
  expect(end.code).toBe(130);
  expect(showOutput(end.stdout, 120)).toMatch(/^laion-fetch: SIGINT: [^\n]*\n$/);
});

test('Ctrl-Z stops the job although keys are read one by one, and fg goes on', async () => {
  const { box, folder, args } = await useSlowWeb(2000);
  const shell = spawnShell({ cwd: folder });
  shell.write(`${commandLine(args)}\n`);
  await shell.shows('http_410');
  shell.write('\u001a');
  await shell.shows('Stopped');
  const stopped = countRequests(box);
  shell.write('fg\n');
  await expect.poll(() => countRequests(box), { timeout: 20_000 }).toBeGreaterThan(stopped + 20);
  shell.write('q');
  await shell.shows('interrupted after');
  shell.write('exit\n');
  expect((await shell.result).code).toBe(130);
});

const countRequests = (box: Web['box']): number =>
  Object.values(box.stats().hosts).reduce((sum, host) => sum + host.requests.total, 0);

function lastStats(folder: string): Promise<string> {
  return readFile(`${folder}/out/00000_stats.json`, 'utf8');
}
