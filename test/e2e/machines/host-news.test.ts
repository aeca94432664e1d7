import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openBroker } from '../../../src/broker/open-broker.ts';
import type { HostKey } from '../../../src/core/samples.ts';
import type { WebScript } from '../../support/box/answers.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli, spawnCli } from '../../support/command/cli.ts';
import { hasRedis } from '../../support/servers/redis-server.ts';
import { useRedis } from '../../support/servers/use-redis.ts';

const PHOTO = readFileSync(new URL('../../../fixtures/images/gray.jpg', import.meta.url));
const RETRY_AFTER_S = 3;

const NAMES: WebScript = {
  hosts: { 'gone.example': { dns: { rcode: 'NXDOMAIN' } }, 'lost.example': { dns: { rcode: 'NXDOMAIN' } } },
};

interface Arrival {
  readonly machine: string;
  readonly host: string;
  readonly at: number;
}

interface Gate {
  /** The machine that has come. */
  readonly arrived: Promise<string>;
  arrive(machine: string): void;
  readonly opened: Promise<void>;
  open(): void;
}

function newGate(): Gate {
  let [open, arrive] = [(): void => {}, (_machine: string): void => {}];
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const arrived = new Promise<string>((resolve) => {
    arrive = resolve;
  });
  return { opened, open: () => open(), arrived, arrive: (machine) => arrive(machine) };
}

/**
 * Serves photos. The first request to slow.example waits until the test opens `refusal`, and gets a 429. Those of the second machine
 * to `/gate` wait for `start`.
 */
async function useServer() {
  const [refusal, start] = [newGate(), newGate()];
  const arrivals: Arrival[] = [];
  let [isSlowAsked, refusedAt] = [false, Number.NaN];
  const server: Server = createServer(async (request, response) => {
    const machine = request.headers['user-agent'] ?? '';
    const [host = ''] = (request.headers.host ?? '').split(':');
    arrivals.push({ machine, host, at: performance.now() });
    if (host === 'slow.example' && !isSlowAsked) {
      isSlowAsked = true;
      refusal.arrive(machine);
      await refusal.opened;
      refusedAt = performance.now();
      response.writeHead(429, { 'Retry-After': RETRY_AFTER_S }).end();
      return;
    }
    if (machine === 'two' && request.url?.startsWith('/gate') === true) {
      start.arrive(machine);
      await start.opened;
    }
    response.writeHead(200, { 'Content-Type': 'image/jpeg' }).end(PHOTO);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { port, arrivals, refusal, start, refusedAt: () => refusedAt };
}

/** Nine shards of nine rows, of which the first machine takes about half before it has an answer. */
const SHARDS = Array.from({ length: 9 }, (_, shard) => {
  const dead = ['gone', 'gone', 'gone', 'lost', 'lost', 'lost'];
  return shard === 0 ? ['slow', ...dead, 'live', 'live'] : ['gate', ...dead, 'slow', 'live'];
});

test.skipIf(!hasRedis)('what one machine learns of a host, the others know', async () => {
  const server = await useServer();
  const web = await useWeb(NAMES);
  const { url } = await useRedis();
  const index = await web.writeIndex(
    SHARDS.flatMap((kinds, shard) =>
      kinds.map((kind, row) => {
        const host = kind === 'gate' ? 'live' : kind;
        return [`http://${host}.example:${server.port}/${kind}?${shard}-${row}`, kind] as const;
      }),
    ),
  );
  const spawn = (machine: string) =>
    spawnCli([
      ...[index, '--output', web.output, '--number-sample-per-shard', '9', ...web.reach, '--queue', url],
      ...['--concurrency', '1', '--user-agent', machine, '--log-level', 'info', '--image-size', '64'],
      ...['--timeout', '60s', '--deadline', '60s'],
    ]);

  // The second machine has rows of a host that answers 429 to the first, and hears of it.
  const one = spawn('one');
  expect(await server.refusal.arrived).toBe('one');
  const two = spawn('two');
  expect(await server.start.arrived).toBe('two');
  server.refusal.open();
  expect(await two.shows('host paused')).toMatch(
    /"host":"slow.example".*"learntFrom":"machines".*host paused/,
  );

  // The first machine finds two hosts dead. So does another, one of them.
  const broker = await openBroker(url);
  onTestFinished(() => broker.close());
  const [fingerprint = ''] = await broker.runs();
  const run = await broker.run(fingerprint);
  const told = async () => {
    const { read } = await run.passNews({ machine: 'test', since: 0, items: [] });
    return read.filter(({ text }) => text.includes('host_dead'));
  };
  let news = await told();
  while (news.length < 2) news = await told();
  const text = news.find(({ host }) => host === 'lost.example')?.text ?? '';
  const items = [{ host: 'lost.example' as HostKey, text, keepMs: 60_000 }];
  await run.passNews({ machine: 'other', since: 0, items });
  expect(await two.shows('host closed')).toMatch(
    /"host":"lost.example".*"learntFrom":"machines".*host closed/,
  );
  const status = await runCli(['status', '--queue', url]);
  expect(status.stdout).toMatch(/lost\.example: dead \(dns_not_found\), 2 machines found so/);
  const before = web.box.stats().dns;
  server.start.open();
  for (const machine of [one, two]) expect(await machine.result).toMatchObject({ code: 0 });

  const slow = server.arrivals.filter(({ host }) => host === 'slow.example');
  const [first, ...later] = slow;
  expect(first?.machine).toBe('one');
  expect(new Set(later.map(({ machine }) => machine))).toEqual(new Set(['one', 'two']));
  for (const { at } of later) expect(at - server.refusedAt()).toBeGreaterThan(1_000 * RETRY_AFTER_S - 20);
  // One machine's word is checked once, that of two is believed.
  const asked = (name: string) => (web.box.stats().dns[`A ${name}`] ?? 0) - (before[`A ${name}`] ?? 0);
  expect(before['A lost.example']).toBeGreaterThan(0);
  expect([asked('gone.example'), asked('lost.example')]).toEqual([1, 0]);
  expect(await runCli(['verify', web.output])).toMatchObject({ code: 0 });
});
