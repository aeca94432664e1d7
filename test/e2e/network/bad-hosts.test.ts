import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Answer, HostScript } from '../../support/box/answers.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { readMetadata } from '../../support/command/read-dataset.ts';

const TINY = new URL('../../../fixtures/images/tiny.jpg', import.meta.url);
const IMAGE: Answer = { body: { fixture: 'images/tiny.jpg' }, delayMs: 3 };
const ROWS = 200;

/** Downloads 200 rows of one host. Returns what they ended with, and the requests that the host got. */
async function download(script: HostScript, flags: readonly string[] = []) {
  const { box, output, reach, writeIndex } = await useWeb({ hosts: { 'a.example': script } });
  const rows = Array.from({ length: ROWS }, (_, row) => [box.url('a.example', `/${row}`), ''] as const);
  const { code } = await runCli([await writeIndex(rows), '--output', output, ...flags, ...reach]);
  expect(code).toBe(0);
  const ends: Record<string, number> = {};
  for (const { status, failure_code: failure } of await readMetadata(output)) {
    const end = status === 'success' ? 'ok' : String(failure);
    ends[end] = (ends[end] ?? 0) + 1;
  }
  return { ends, requests: box.stats().hosts['a.example']?.requests.total ?? 0 };
}

const rowOf = (path: string): number => Number(path.slice(1));

test.each([
  ['resets the first 6', 'connection_reset', { reset: 'before-headers' }, 0, 6],
  ['resets 10 in the middle', 'connection_reset', { reset: 'before-headers' }, 50, 60],
  ['leaves the first 4 unanswered', 'timeout', { hang: true }, 0, 4],
] as const)('of a good host that %s of 200 rows no other row fails', async (_what, code, bad, from, to) => {
  const reply = ({ path }: { path: string }): Answer =>
    rowOf(path) >= from && rowOf(path) < to ? bad : IMAGE;
  const { ends } = await download({ paths: { '*': reply } }, ['--timeout', '2s']);
  expect(ends).toEqual({ ok: ROWS - (to - from), [code]: to - from });
});

test('a host that serves one connection at a time and leaves others unanswered loses no row', async () => {
  const script: HostScript = { rateLimit: { connections: 1, answer: { hang: true } }, paths: { '*': IMAGE } };
  const { ends, requests } = await download(script, ['--timeout', '2s']);
  expect(ends).toEqual({ ok: ROWS });
  expect(requests).toBeLessThan(1.15 * ROWS);
});

test('every 25th URL answers 503 once, and no row is lost', async () => {
  const asked = new Set<string>();
  const reply = ({ path }: { path: string }): Answer => {
    if (rowOf(path) % 25 !== 24 || asked.has(path)) return IMAGE;
    asked.add(path);
    return { status: 503 };
  };
  const { ends, requests } = await download({ paths: { '*': reply } });
  expect(ends).toEqual({ ok: ROWS });
  expect(requests).toBe(ROWS + ROWS / 25);
});

test('an image without a length that was cut is requested once more', async () => {
  const tiny = await readFile(TINY);
  // A single byte does not even show the format.
  const cutTo = (bytes: number): Answer => {
    return { body: { base64: tiny.subarray(0, bytes).toString('base64') }, untilClose: true };
  };
  const asked = new Set<string>();
  const reply = ({ path }: { path: string }): Answer => {
    if (rowOf(path) === 1) return cutTo(150);
    if (rowOf(path) > 9 || asked.has(path)) return IMAGE;
    asked.add(path);
    return cutTo(rowOf(path) < 5 ? 150 : 1);
  };
  const { ends, requests } = await download({ paths: { '*': reply } });
  expect(ends).toEqual({ ok: ROWS - 1, image_undecodable: 1 });
  // Ten rows are cut; each is requested twice.
  expect(requests).toBe(ROWS + 10);
});
