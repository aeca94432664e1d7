import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { FIXTURE_WEB } from '../support/box/read-script.ts';

const BOX_CLI = fileURLToPath(new URL('../support/box/box-cli.ts', import.meta.url));

/** A running command with its output, line by line. */
function start(args: readonly string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', BOX_CLI, ...args]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async () => JSON.parse((await lines.next()).value ?? 'null');
  return { child, nextLine, closed: once(child, 'close') };
}

test('box-cli says where the box is, what it saw, and ends with its input', async () => {
  const { child, nextLine, closed } = start(['--script', FIXTURE_WEB]);
  const place = await nextLine();
  expect(place).toEqual({
    dns: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    http: expect.any(Number),
    https: expect.any(Number),
    address: '127.0.0.1',
    ca: expect.any(String),
  });
  expect(existsSync(place.ca)).toBe(true);
  const response = await fetch(`http://127.0.0.1:${place.http}/`);
  expect(response.status).toBe(404);
  await response.text();

  child.stdin.end();
  expect(await nextLine()).toMatchObject({
    hosts: 1,
    requests: 1,
    peakConnectionsOfOneHost: 1,
    questions: 0,
  });
  expect(await closed).toEqual([0, null]);
  expect(existsSync(place.ca)).toBe(false);
});

test('box-cli --fail 0 serves an image at any name, until SIGTERM', async () => {
  const { child, nextLine, closed } = start(['--fail', '0', '--address', '127.0.0.3']);
  const { http } = await nextLine();
  const response = await fetch(`http://127.0.0.3:${http}/any.jpg`);
  expect(response.headers.get('content-type')).toMatch(/^image\//);
  await response.arrayBuffer();
  child.kill('SIGTERM');
  expect(await closed).toEqual([0, null]);
});

test.each([
  [['--fail', 'often'], 'Cannot use --fail often: expected a share between 0 and 1'],
  [['--ports', '80'], 'Cannot use --ports 80: expected free or real'],
])('box-cli %j says what is wrong', async (args, message) => {
  const { child, closed } = start(args);
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  expect(await closed).toEqual([1, null]);
  expect(stderr).toContain(message);
});
