import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import sharp from 'sharp';
import { expect, test, vi } from 'vitest';
import type { Answer, Reply } from '../support/box/answers.ts';
import { useBox } from '../support/box/use-box.ts';
import { exchange, useClient } from './client.ts';

const HOST = 'a.example';

async function usePage(reply: Reply, timeoutMs?: number) {
  const box = await useBox({ hosts: { [HOST]: { paths: { '/page': reply } } } });
  const client = useClient(box, timeoutMs === undefined ? {} : { timeoutMs });
  return {
    box,
    get: (scheme?: 'http' | 'https') => client.get(box.url(HOST, '/page', scheme)),
    raw: async (forMs?: number) => (await exchange(box, HOST, '/page', forMs)).toString('latin1'),
  };
}

test('an answer has its status, its headers in order and repeated, and its text', async () => {
  const headers = [
    ['X-Robots-Tag', 'googlebot: noindex'],
    ['Content-Type', 'text/plain'],
    ['x-robots-tag', 'noai'],
  ] as const;
  const { raw } = await usePage({ status: 404, headers, body: { text: 'gone' }, untilClose: true });
  expect(await raw()).toBe(
    'HTTP/1.1 404 Not Found\r\nX-Robots-Tag: googlebot: noindex\r\nContent-Type: text/plain\r\n' +
      'x-robots-tag: noai\r\nConnection: close\r\n\r\ngone',
  );
});

test('an answer without anything is an empty 200', async () => {
  const { get } = await usePage({});
  const { status, headers, body } = await get();
  expect({ status, length: headers['content-length'], body: body.length }).toEqual({
    status: 200,
    length: '0',
    body: 0,
  });
});

test('image bodies are PNGs of their size that differ by seed', async () => {
  const image = (seed: number): Answer => ({ body: { image: { width: 31, height: 17, seed } } });
  const { get } = await usePage([image(1), image(2)]);
  const [first, second] = [await get(), await get('https')];
  expect(first.headers['content-type']).toBe('image/png');
  const { data, info } = await sharp(first.body).raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height, data.length]).toEqual([31, 17, 31 * 17 * 3]);
  expect(second.body.equals(first.body)).toBe(false);
});

test('bodies can be files, bytes and zeros', async () => {
  const { get } = await usePage([
    { body: { fixture: 'web.json' } },
    { body: { base64: '/9j/' } },
    { body: { zeros: 5 } },
  ]);
  expect(JSON.parse((await get()).body.toString())).toHaveProperty('hosts');
  expect((await get()).body.toString('hex')).toBe('ffd8ff');
  expect((await get()).body.toString('hex')).toBe('0000000000');
});

test('encodings are applied one after the other', async () => {
  const { get } = await usePage({ body: { text: 'hello' }, encoding: 'br, gzip' });
  const { headers, body } = await get();
  expect(headers['content-encoding']).toBe('br, gzip');
  expect(brotliDecompressSync(gunzipSync(body)).toString()).toBe('hello');
});

test('redirects are 302 unless they say otherwise and lead to the ports of the box', async () => {
  const { box, get } = await usePage([
    { redirect: 'https://b.example:18443/x' },
    { status: 308, redirect: '../y' },
  ]);
  const [first, second] = [await get(), await get()];
  expect([first.status, first.headers['location']]).toEqual([302, box.url('b.example', '/x', 'https')]);
  expect([second.status, second.headers['location']]).toEqual([308, '../y']);
});

test('a sequence goes on with each request, repeats its last answer and starts again after reset', async () => {
  const { box, get } = await usePage([{ status: 500 }, { status: 503 }, {}]);
  const statuses = async (count: number) => {
    const seen: number[] = [];
    for (let index = 0; index < count; index++) seen.push((await get()).status);
    return seen;
  };
  expect(await statuses(4)).toEqual([500, 503, 200, 200]);
  box.reset();
  expect(await statuses(1)).toEqual([500]);
});

test('a function sees the request', async () => {
  const { get } = await usePage(({ scheme, host, path, headers }) => ({
    body: { text: JSON.stringify([scheme, host, path, typeof headers['host']]) },
  }));
  expect(JSON.parse((await get('https')).body.toString())).toEqual(['https', HOST, '/page', 'string']);
});

test('delayMs delays the whole answer', async () => {
  const { get } = await usePage({ delayMs: 120, body: { text: 'late' } });
  const before = performance.now();
  await get();
  expect(performance.now() - before).toBeGreaterThanOrEqual(115);
});

test('drip sends the body in pieces', async () => {
  const { get } = await usePage({ body: { text: 'abcdef' }, drip: { bytes: 2, everyMs: 30 } });
  const before = performance.now();
  expect((await get()).body.toString()).toBe('abcdef');
  expect(performance.now() - before).toBeGreaterThanOrEqual(75);
});

test('truncateAt announces the full body and ends the connection inside it', async () => {
  const { get, raw } = await usePage({ body: { text: 'hello world' }, truncateAt: 5 });
  await expect(get()).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
  expect(await raw()).toMatch(/Content-Length: 11\r\n[\s\S]*\r\n\r\nhello$/);
});

test('announcedLength can be shorter or longer than the body', async () => {
  const { raw } = await usePage([
    { body: { text: 'hello' }, announcedLength: 3 },
    { body: { text: 'hello' }, announcedLength: 9 },
  ]);
  expect(await raw()).toMatch(/Content-Length: 3\r\n[\s\S]*\r\n\r\nhello$/);
  expect(await raw()).toMatch(/Content-Length: 9\r\n[\s\S]*\r\n\r\nhello$/);
});

test('untilClose announces no length and ends the connection after the body', async () => {
  const { raw } = await usePage({ body: { zeros: 200_000 }, untilClose: true });
  const answer = await raw();
  expect(answer).not.toMatch(/content-length|transfer-encoding/i);
  expect(answer.split('\r\n\r\n')[1]).toHaveLength(200_000);
});

test.each(['http', 'https'] as const)('reset ends a connection by TCP reset over %s', async (scheme) => {
  const { get } = await usePage([{ reset: 'before-headers' }, { reset: 'mid-body', body: { zeros: 1000 } }]);
  await expect(get(scheme)).rejects.toMatchObject({ code: 'ECONNRESET' });
  await expect(get(scheme)).rejects.toMatchObject({ code: 'ECONNRESET' });
});

test('mid-body sends half of the body before the reset', async () => {
  const { raw } = await usePage({ reset: 'mid-body', body: { text: 'abcdef' } });
  await expect(raw()).rejects.toMatchObject({ code: 'ECONNRESET' });
});

test('hang reads the request and answers nothing', async () => {
  const { box, raw } = await usePage({ hang: true });
  expect(await raw(60)).toBe('');
  expect(box.stats().hosts[HOST]?.requests.total).toBe(1);
});

test('endless never ends and stops with its connection', async () => {
  const { box, raw } = await usePage({ endless: true });
  expect((await raw(300)).length).toBeGreaterThan(300_000);
  await vi.waitFor(() => expect(box.stats().hosts[HOST]?.requests.open).toBe(0));
});

test('earlyHintsForever sends 103 again and again', async () => {
  const { raw } = await usePage({ earlyHintsForever: true });
  const statuses = (await raw(300)).match(/^HTTP\/1\.1 \d+/gm) ?? [];
  expect(statuses.length).toBeGreaterThan(2);
  expect(new Set(statuses)).toEqual(new Set(['HTTP/1.1 103']));
});

test('headerFlood adds headers', async () => {
  const { get, raw } = await usePage({ headerFlood: { count: 300, bytes: 100 }, untilClose: true });
  await expect(get()).rejects.toMatchObject({ code: 'UND_ERR_HEADERS_OVERFLOW' });
  expect((await raw()).match(/^X-Flood-\d+: x{100}\r$/gm)).toHaveLength(300);
});

test('raw is written byte by byte and ends the connection', async () => {
  const { get, raw } = await usePage({ raw: 'ICY 200 OK\r\n\r\n\xff' });
  expect(await raw()).toBe('ICY 200 OK\r\n\r\n\xff');
  await expect(get('https')).rejects.toMatchObject({ code: /HPE_/ });
});
