import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { useWeb } from '../../support/box/use-web.ts';
import { CLI, runCli } from '../../support/command/cli.ts';
import { readMember, readMetadata } from '../../support/command/read-dataset.ts';

const IMAGE = { body: { fixture: 'images/tiny.jpg' } } as const;

const SECRET = 'S3CR3T';
const CAPTION = 'a \u001b[31mred\u0007 \u009b2J \u202efox\u2028 \u007f \ud83e\udd8a';
/** Characters that could control a terminal, except line breaks and the sequences that clear the live lines. */
const UNSAFE = /[^\P{Cc}\n]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;
const ESCAPE = String.fromCharCode(27);
const CLEARING = new RegExp(`\\r(?:${ESCAPE}\\[[12]A)?${ESCAPE}\\[J`, 'g');
const withoutOwn = (text: string): string => text.replace(CLEARING, '').replaceAll('\r\n', '\n');

const isSafe = (text: string): boolean => !UNSAFE.test(withoutOwn(text)) && !text.includes(SECRET);

test('secrets and escape sequences of the index reach the data verbatim, but no terminal, log or report', async () => {
  const { box, folder, output, reach } = await useWeb({
    hosts: { '*': { paths: { '*': IMAGE, '/gone': { status: 404 } } } },
  });
  const secretUrl = `${box.url('a.example', '/1')}?X-Amz-Signature=${SECRET}&esc=\u009b`;
  const urls = [
    secretUrl.replace('http://', `http://user:${SECRET}@`),
    `${box.url('a.example', '/gone')}?token=${SECRET}`,
    `ftp://user:${SECRET}@a.example/x?sig=${SECRET}`,
    `${box.url('a.example', '/2')}?sig=${SECRET}&esc=\u001b]0;x\u0007`,
    `http://[\u001b[2J/?key=${SECRET}`,
  ];
  const index = join(folder, 'index.jsonl');
  const lines = urls.map((url) =>
    JSON.stringify({ url, caption: CAPTION, 'odd\u001b[1m': `x?sig=${SECRET}` }),
  );
  await writeFile(index, [...lines, `{"url": "http://a/?token=${SECRET}\u001b[2J`, ''].join('\n'));

  const log = join(folder, 'run.log');
  const shown: string[] = [];
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await runCli(args);
    shown.push(stdout, stderr);
    return { code, stdout, stderr };
  };
  const trace = ['--log-level', 'trace'];
  expect(
    await run(index, '--output', output, '--progress', 'json', '--json', ...trace, ...reach),
  ).toMatchObject({ code: 0 });
  expect(
    await run(
      index,
      '--output',
      join(folder, 'again'),
      '--log-file',
      log,
      '--progress',
      'bar',
      ...trace,
      ...reach,
    ),
  ).toMatchObject({ code: 0 });
  shown.push(await readFile(log, 'utf8'));
  for (const json of [[], ['--json']]) {
    await run('inspect', index, ...json);
    await run('plan', index, ...json);
    await run('verify', output, ...json);
    await run('retry', output, '--class', 'http_404', ...json, ...trace, ...reach);
  }
  // Mistakes that the message quotes.
  const bad = `http://user:${SECRET}@a/\u001b[2J\u009b?sig=${SECRET}`;
  await run(bad, '--output', output);
  await run('inspect', bad);
  await run('inspect', index, '--url-col', bad);
  await run(index, '--output', output, '--where', bad);
  await run(`--${bad}`);
  await run(index, '--output', output, '--image-size', bad);
  expect(shown.join('')).toContain('***');
  for (const text of shown) expect(isSafe(text), text).toBe(true);

  const [first] = await readMetadata(output);
  expect(first).toMatchObject({ status: 'success', url: urls[0], caption: CAPTION });
  const sample = JSON.parse(readMember(join(output, '00000.tar'), '000000000.json').toString());
  expect(sample).toMatchObject({ url: urls[0], caption: CAPTION, 'odd\u001b[1m': `x?sig=${SECRET}` });
  expect(readMember(join(output, '00000.tar'), '000000000.txt').toString()).toBe(CAPTION);
});

test.skipIf(process.platform !== 'linux')('a terminal also receives no raw escape sequence', async () => {
  const { box, folder, output, reach } = await useWeb({ hosts: { '*': { paths: { '*': IMAGE } } } });
  const index = join(folder, 'index.jsonl');
  const url = `${box.url('a.example', '/1')}?sig=${SECRET}`;
  await writeFile(index, `${JSON.stringify({ url, caption: CAPTION })}\n{"url": "\u001b[2J?sig=${SECRET}\n`);
  for (const args of [
    ['inspect', index],
    [index, '--output', output, '--log-level', 'trace', ...reach],
  ]) {
    const command = [process.execPath, CLI, ...args].map((word) => `'${word}'`).join(' ');
    const { stdout } = await promisify(execFile)('script', ['-qec', command, '/dev/null'], {
      env: { ...process.env, NO_COLOR: '1' },
    });
    expect(stdout.length).toBeGreaterThan(50);
    expect(isSafe(stdout), stdout).toBe(true);
  }
});

test('a URL of more than 8 KiB or a caption of more than 64 KiB fails only its own row', async () => {
  const { box, output, reach, writeIndex } = await useWeb({ hosts: { '*': { paths: { '*': IMAGE } } } });
  const long = `${box.url('a.example', '/')}${'x'.repeat(9000)}`;
  const index = await writeIndex([
    [long, 'long URL'],
    [box.url('a.example', '/1'), 'c'.repeat(70_000)],
    [box.url('a.example', '/2'), 'c'.repeat(300_000)],
    [box.url('a.example', '/3'), 'fine'],
  ]);
  expect(await runCli([index, '--output', output, '--dedupe', 'url', ...reach])).toMatchObject({ code: 0 });
  const rows = await readMetadata(output);
  expect(rows.map((row) => [row['failure_code'], row['url'], row['caption']])).toEqual([
    ['url_too_long', long.slice(0, 8192), 'long URL'],
    ['caption_too_long', box.url('a.example', '/1'), 'c'.repeat(65_536)],
    ['caption_too_long', box.url('a.example', '/2'), null],
    [null, box.url('a.example', '/3'), 'fine'],
  ]);
  expect(await runCli(['verify', output])).toMatchObject({ code: 0 });
});
