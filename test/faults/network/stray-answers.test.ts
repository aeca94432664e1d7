import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { outcome } from '../../support/fetch-settings.ts';
import { useFetcher } from '../../support/use-fetcher.ts';

const ROWS = Number(process.env['LAION_FETCH_STRAY_ROWS'] ?? 1_000);
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

/** A server on loopback. Returns the URL of a path on one of its addresses, each a host, and the number of its connections. */
async function useServer(reply: (request: Request) => void) {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    let carried = 0;
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      for (const [, path = ''] of bytes.toString('latin1').matchAll(/GET (\S+) HTTP/g)) {
        reply({ path, carried, socket });
        carried += 1;
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return {
    url: (path: string, host = 0) => `http://127.0.4.${host + 1}:${port}${path}`,
    connections: () => connections,
  };
}

const later = (ms: number, socket: Socket, text: string): void => {
  setTimeout(() => socket.writable && socket.write(text), ms);
};

/** Fetches so many rows of ten hosts. Returns how many ended with their own body, by outcome otherwise. */
async function fetchRows(rows: number, url: (path: string, host: number) => string) {
  const fetcher = useFetcher({ resolvers: [], perHost: 4, timeoutMs: 20_000, deadlineMs: 60_000 });
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
