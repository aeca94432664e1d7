import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { FetchSettings } from '../../../src/fetch/settings.ts';
import { outcome } from '../../support/fetch-settings.ts';
import { makeCertificates } from '../../support/servers/certificates.ts';
import { useFetcher } from '../../support/use-fetcher.ts';

const ROWS = Number(process.env['LAION_FETCH_STRAY_ROWS'] ?? 500);
const HOSTS = 10;

/** The body of a row's answer is its path, so that each row knows its own. */
const answer = (status: string, body: string, ...headers: readonly string[]): string =>
  [`HTTP/1.1 ${status}`, `Content-Length: ${body.length}`, ...headers, '', body].join('\r\n');

interface Request {
  readonly path: string;
  /** How many requests the connection had carried before. */
  readonly carried: number;
  readonly socket: Socket;
}

/**
 * A server on loopback, which can be asked as a proxy as well. Returns its port, the URL of a path on one of its
 * addresses, each a host, and the number of its connections.
 */
async function useServer(reply: (request: Request) => void, isTls = false) {
  let connections = 0;
  const onConnection = (socket: Socket): void => {
    connections += 1;
    let carried = 0;
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      for (const [, path = ''] of bytes.toString('latin1').matchAll(/GET (?:http:..[^/]+)?(\S+) HTTP/g)) {
        reply({ path, carried, socket });
        carried += 1;
      }
    });
  };
  const server = isTls
    ? createTlsServer((await makeCertificates([], [])).trusted, onConnection)
    : createServer(onConnection);
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: (path: string, host = 0) => `http${isTls ? 's' : ''}://127.0.4.${host + 1}:${port}${path}`,
    connections: () => connections,
  };
}

const write = (socket: Socket, text: string): void => void (socket.writable && socket.write(text));
const later = (ms: number, socket: Socket, text: string): void => void setTimeout(write, ms, socket, text);
const wait = (ms: number) => new Promise<void>((resolve) => (ms === 0 ? resolve() : setTimeout(resolve, ms)));

/** Fetches so many rows of ten hosts. Returns how many ended with their own body, by outcome otherwise. */
async function fetchRows(
  rows: number,
  url: (path: string, host: number) => string,
  settings: Partial<FetchSettings> = {},
) {
  const limits = { perHost: 4, timeoutMs: 20_000, deadlineMs: 60_000 };
  const fetcher = useFetcher({ resolvers: [], ...limits, ...settings });
  const counts: Record<string, number> = {};
  const fetchRow = async (row: number) => {
    const path = `/${row}`;
    const result = await fetcher.fetch(url(path, row % HOSTS));
    const end = result.ok && result.body.toString() !== path ? 'wrong body' : outcome(result);
    counts[end] = (counts[end] ?? 0) + 1;
  };
  await Promise.all(Array.from({ length: rows }, (_, row) => fetchRow(row)));
  return counts;
}

/**
 * Rows that may have another row's body where a host begins late: what ended before the next rest of a connection, which
 * is a matter of time, so more of it on a machine that stalls. Without rests it is 100 to 900 of 1,000.
 */
const LATE_SHARE = 0.02;

/** Expects the own body for all rows but for the few that may have ended before a rest showed the second answers. */
function expectNearlyAll(counts: Record<string, number>): void {
  const { ok = 0, 'wrong body': wrong = 0, ...others } = counts;
  expect(others).toEqual({});
  expect(ok + wrong).toBe(ROWS);
  expect(wrong).toBeLessThanOrEqual(LATE_SHARE * ROWS);
}

/** How a server answers twice. */
interface Habit {
  /** Milliseconds that it works for each answer, one after the other on each connection. */
  readonly workMs: (row: number) => number;
  /** Whether the second answer comes 1 to 10 ms behind the first, or when the next request arrives. */
  readonly second: 'behind' | 'next';
  /** The first row that is answered twice. */
  readonly from?: number;
}

/** Answers as a server of this habit does. */
function answerTwice({ workMs, second, from = 0 }: Habit): (request: Request) => void {
  const work = new WeakMap<Socket, Promise<void>>();
  const owed = new WeakMap<Socket, string>();
  return ({ path, socket }) => {
    const row = Number(path.slice(1));
    write(socket, owed.get(socket) ?? '');
    owed.delete(socket);
    const done = async (): Promise<void> => {
      await wait(workMs(row));
      write(socket, answer('200 OK', path));
      if (row < from) return;
      if (second === 'next') owed.set(socket, (owed.get(socket) ?? '') + answer('200 OK', path));
      else later(1 + (row % 10), socket, answer('200 OK', path));
    };
    work.set(socket, (work.get(socket) ?? Promise.resolve()).then(done));
  };
}

test.each([
  ['an image', (path: string) => answer('200 OK', path)],
  ['a 404', () => answer('404 Not Found', '')],
  ['an opt-out', () => answer('200 OK', 'x', 'X-Robots-Tag: noai')],
  ['bytes that are not HTTP', () => 'garbage!'],
])(
  'no row takes the second answer that a server sends 1 to 10 ms behind each: %s',
  async (_name, stray) => {
    const { url } = await useServer(({ path, socket }) => {
      socket.write(answer('200 OK', path));
      later(1 + (Number(path.slice(1)) % 10), socket, stray(path));
    });
    expect(await fetchRows(ROWS, url)).toEqual({ ok: ROWS });
  },
  120_000,
);

const TIMES: readonly (readonly [string, (row: number) => number])[] = [
  ['works for 20 ms', () => 20],
  ['works for 2 to 60 ms', (row: number) => 2 + ((row * 7) % 59)],
  ['works for 100 ms', () => 100],
];

describe.each(TIMES)('no row takes a second answer of a server that %s', (_name, workMs) => {
  test.each(['behind', 'next'] as const)(
    'and sends it so from the start: %s',
    async (second) => {
      const { url } = await useServer(answerTwice({ workMs, second }));
      expect(await fetchRows(ROWS, url)).toEqual({ ok: ROWS });
    },
    120_000,
  );
});

test.each([
  [0, 'behind'],
  [0, 'next'],
  [20, 'behind'],
  [100, 'next'],
] as const)(
  'second answers that begin after 30 good ones are soon noticed: a server that works for %i ms, %s',
  async (ms, second) => {
    const { url } = await useServer(answerTwice({ workMs: () => ms, second, from: 30 * HOSTS }));
    expectNearlyAll(await fetchRows(ROWS, url));
  },
  120_000,
);

describe('no row takes a second answer', () => {
  const habit = { workMs: () => 20, second: 'behind' } as const;

  test('over TLS', async () => {
    const { url } = await useServer(answerTwice(habit), true);
    expect(await fetchRows(ROWS, url)).toEqual({ ok: ROWS });
  }, 120_000);

  test('of a proxy', async () => {
    const { port } = await useServer(answerTwice(habit));
    const url = (path: string, host: number) => `http://h${host}.example${path}`;
    expect(await fetchRows(ROWS, url, { proxy: `http://127.0.0.1:${port}` })).toEqual({ ok: ROWS });
  }, 120_000);

  test('with 64 connections to a host', async () => {
    const { url } = await useServer(answerTwice(habit));
    expect(await fetchRows(ROWS, url, { perHost: 64, concurrency: 1024 })).toEqual({ ok: ROWS });
  }, 120_000);

  test('but for a few of the first, with 64 connections to a host that begins late', async () => {
    const { url } = await useServer(answerTwice({ ...habit, from: 20 * HOSTS }));
    expectNearlyAll(await fetchRows(ROWS, url, { perHost: 64, concurrency: 1024 }));
  }, 120_000);
});

test.each([400, 408])(
  'a %d that a server sends with Connection: close to a reused connection says nothing about the row',
  async (status) => {
    const { url } = await useServer(({ path, carried, socket }) => {
      if (carried === 0) socket.write(answer('200 OK', path));
      else socket.end(answer(`${status} x`, '', 'Connection: close'));
    });
    expect(await fetchRows(100, url)).toEqual({ ok: 100 });
  },
);

test('a 400 on a new connection is the answer', async () => {
  const { url } = await useServer(({ socket }) => socket.end(answer('400 x', '', 'Connection: close')));
  expect(await fetchRows(20, url)).toEqual({ http_400: 20 });
});

test('a connection to a host that has sent stray bytes carries one request, others are reused', async () => {
  const clean = await useServer(({ path, socket }) => socket.write(answer('200 OK', path)));
  const hostile = await useServer(({ path, socket }) =>
    socket.write(answer('200 OK', path) + answer('200 OK', 'x')),
  );
  await fetchRows(200, clean.url);
  await fetchRows(200, hostile.url);
  expect(clean.connections()).toBeLessThanOrEqual(40);
  expect(hostile.connections()).toBe(200);
});
