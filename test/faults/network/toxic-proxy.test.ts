import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startToxicProxy } from './toxic-proxy.ts';
import type { Toxic } from './toxics.ts';

const SENT = Buffer.from(Array.from({ length: 1000 }, (_, at) => at % 251));

/** What a client receives through the proxy from a server that sends 1,000 bytes and ends. */
async function receive(toxics: readonly Toxic[]): Promise<{ bytes: Buffer; end: string }> {
  const server = createServer((socket) => socket.on('error', () => {}).end(SENT));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const proxy = await startToxicProxy({
    target: (server.address() as AddressInfo).port,
    toxics: () => toxics,
  });
  onTestFinished(() => proxy.close());
  const client = createConnection({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
  const chunks: Buffer[] = [];
  client.on('data', (chunk) => chunks.push(chunk));
  const ends = ['end', 'error', 'timeout'].map((event) =>
    once(client.setTimeout(2000), event).then(() => event),
  );
  const end = await Promise.race(ends).catch((error: NodeJS.ErrnoException) => String(error.code));
  client.destroy();
  return { bytes: Buffer.concat(chunks), end };
}

describe('startToxicProxy()', () => {
  test.each([
    [[]],
    [[{ kind: 'latency', ms: 20 }]],
    [[{ kind: 'bandwidth', bytesPerSecond: 20_000 }]],
    [[{ kind: 'slicer', bytes: 100, everyMs: 1 }]],
  ] as [readonly Toxic[]][])('passes on everything with %j', async (toxics) => {
    expect(await receive(toxics)).toEqual({ bytes: SENT, end: 'end' });
  });

  test.each([
    [{ kind: 'timeout', after: 300 }, 'timeout'],
    [{ kind: 'reset_peer', after: 300 }, 'ECONNRESET'],
    [{ kind: 'limit_data', after: 300 }, 'end'],
    [{ kind: 'half_close', after: 300 }, 'end'],
  ] as [Toxic, string][])('with %j ends so: %s', async (toxic, end) => {
    const received = await receive([toxic, { kind: 'slicer', bytes: 70, everyMs: 1 }]);
    // A reset may overtake what was sent before it.
    if (end !== 'ECONNRESET') expect(received.bytes).toEqual(SENT.subarray(0, 300));
    expect(received.end).toBe(end);
  });

  test('changes one bit of one byte', async () => {
    const { bytes } = await receive([{ kind: 'corrupt_byte', at: 777 }]);
    const different = [...bytes.keys()].filter((at) => bytes[at] !== SENT[at]);
    expect(different).toEqual([777]);
  });

  test('gives a connection the same random numbers for the same seed', async () => {
    const drawn = async (seed: number): Promise<number[]> => {
      const numbers: number[] = [];
      const toxics = (_: number, random: () => number): readonly Toxic[] => {
        numbers.push(random());
        return [];
      };
      const server = createServer((socket) => socket.on('error', () => {}).end());
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void server.close());
      const proxy = await startToxicProxy({ target: (server.address() as AddressInfo).port, toxics, seed });
      onTestFinished(() => proxy.close());
      for (let connection = 0; connection < 3; connection += 1) {
        const client = createConnection({ port: proxy.port, host: '127.0.0.1' });
        await once(client.resume(), 'close');
      }
      return numbers;
    };
    const [one, again, other] = [await drawn(1), await drawn(1), await drawn(2)];
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
    expect(new Set(one).size).toBe(3);
  });
});
