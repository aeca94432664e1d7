import { type AddressInfo, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { BodyBudget } from '../../../src/fetch/http/body-budget.ts';
import type { FetchResult } from '../../../src/fetch/result.ts';
import { outcome } from '../../support/fetch-settings.ts';
import { useFetcher } from '../../support/use-fetcher.ts';

/** Four such bodies fit into the budget of the fetchers here, five do not. */
const MAX_BODY_BYTES = 2 ** 17;
const LARGE_BYTES = MAX_BODY_BYTES - 1000;
const ROWS = 32;

/** A server on all loopback addresses; `answer` gets the path of every request and its socket. */
async function useServer(answer: (path: string, socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (request) => {
      answer(/^GET (\S+)/.exec(request.toString('latin1'))?.[1] ?? '', socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return (host: number, path: string) => `http://127.0.2.${host}:${port}${path}`;
}

const fetcherWithLittleRoom = () =>
  useFetcher({
    resolvers: [],
    maxBodyBytes: MAX_BODY_BYTES,
    maxHeldBytes: 4 * MAX_BODY_BYTES,
    deadlineMs: 20_000,
    timeoutMs: 20_000,
  });

describe('Fetcher with little room for bodies', () => {
  test('cuts bodies that do not fit, and fetches every row completely in its first attempt', async () => {
    const open = new Set<Socket>();
    let requests = 0;
    // No body ends before more have begun than there is room for, or while there are more than that.
    const finish = (): void => {
      if (requests < 8 || open.size > 4) return;
      for (const socket of open) socket.write('!');
      open.clear();
    };
    const url = await useServer((path, socket) => {
      if (path === '/small') {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n!');
        return;
      }
      requests += 1;
      open.add(socket);
      socket.once('close', () => {
        open.delete(socket);
        finish();
      });
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${LARGE_BYTES}\r\n\r\n${'.'.repeat(LARGE_BYTES - 1)}`);
      finish();
    });
    const fetcher = fetcherWithLittleRoom();
    // Small bodies first: the fetcher then expects small ones, and many start together.
    for (let i = 0; i < 120; i += 1) await fetcher.fetch(url(200, '/small'));
    const results = await Promise.all(
      Array.from({ length: ROWS }, (_, i) => fetcher.fetch(url(1 + i, '/large'))),
    );
    expect(results.map(outcome)).toEqual(Array.from({ length: ROWS }, () => 'ok'));
    for (const { facts } of results) expect(facts).toMatchObject({ bytes: LARGE_BYTES, attempts: 1 });
    expect(requests).toBeGreaterThan(ROWS);
  });

  test('fails a body for which others leave no room three times', async () => {
    let [requests, cuts] = [0, 0];
    const others: Promise<FetchResult>[] = [];
    const unfinished = new Set<Socket>();
    const head = (bytes: number) => `HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`;
    const url = await useServer((path, socket) => {
      if (path === '/small') socket.write(`${head(1)}!`);
      else if (path === '/other') {
        socket.write(`${head(60_001)}${'.'.repeat(60_000)}`);
        unfinished.add(socket);
        finishOthers();
      } else {
        requests += 1;
        socket.write(`${head(LARGE_BYTES + 1)}${'.'.repeat(LARGE_BYTES)}`);
        socket.once('close', () => {
          cuts += 1;
          finishOthers();
        });
        void startOthers();
      }
    });
    const fetcher = fetcherWithLittleRoom();
    /** Seven more bodies, beside the large one until that is cut. */
    const startOthers = async (): Promise<void> => {
      // Small bodies first: the fetcher then expects small ones, and these start together.
      for (let i = 0; i < 120; i += 1) await fetcher.fetch(url(200, '/small'));
      for (const host of [1, 2, 3, 4, 5, 6, 7])
        others.push(fetcher.fetch(url(others.length + host, '/other')));
    };
    const finishOthers = (): void => {
      if (cuts * 7 < others.length) return;
      for (const socket of unfinished) socket.write('!');
      unfinished.clear();
    };
    expect(await fetcher.fetch(url(100, '/large'))).toMatchObject({
      failure: { code: 'body_too_large', message: expect.stringContaining('memory') },
    });
    expect(requests).toBe(3);
    expect((await Promise.all(others)).map(outcome)).toEqual(Array.from({ length: 21 }, () => 'ok'));
  });
});

test('BodyBudget keeps growing bodies within its budget, and lets requests start when all are released', () => {
  const step = fc.record({ body: fc.nat(9), bytes: fc.nat(8_000), release: fc.nat(9).map((n) => n === 0) });
  const steps = fc.array(step, { minLength: 10, maxLength: 60 });
  fc.assert(
    fc.property(steps, (sequence) => {
      let isTight = false;
      const budget = new BodyBudget(20_000, (tight) => {
        isTight = tight;
      });
      const bodies = Array.from({ length: 10 }, () => {
        const held = budget.begin();
        held.receive(() => {});
        return { held, bytes: 0, isOver: false };
      });
      for (const { body: position, bytes, release } of sequence) {
        const body = bodies[position];
        if (body === undefined || body.isOver || body.held.isCut) continue;
        body.bytes += bytes;
        body.held.grow(bytes);
        if (release && !body.held.isCut) {
          body.held.release();
          body.isOver = true;
        }
        const kept = bodies.filter(({ held, isOver }) => !isOver && !held.isCut);
        expect(kept.reduce((sum, each) => sum + each.bytes, 0)).toBeLessThanOrEqual(20_000);
      }
      for (const { held } of bodies) held.release();
      expect(isTight).toBe(false);
    }),
  );
});
