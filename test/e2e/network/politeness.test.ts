import { expect, test } from 'vitest';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { readMetadata } from '../../support/command/read-dataset.ts';

const LANES = [1, 2];
const inLanes = (lanes: number) => ['--decoders', '2', '--lanes', `${lanes}`];

const IMAGE = { body: { fixture: 'images/tiny.jpg' } } as const;

test.each(LANES)(
  'a host that allows 4 connections and 20 requests a second refuses under 2 in 100 (%i lanes)',
  async (lanes) => {
    const granted: number[] = [];
    const { box, output, reach, writeIndex } = await useWeb({
      hosts: {
        'limited.example': {
          rateLimit: { connections: 4 },
          paths: {
            '*': () => {
              const now = performance.now();
              while ((granted[0] ?? now) <= now - 1000) granted.shift();
              if (granted.length < 20) {
                granted.push(now);
                return { ...IMAGE, delayMs: 20 };
              }
              return { status: 429, headers: [['Retry-After', '1']] };
            },
          },
        },
      },
    });
    const rows = Array.from({ length: 250 }, (_, i) => [box.url('limited.example', `/${i}`), ''] as const);
    const flags = [...inLanes(lanes), '--json', ...reach];
    const { code, stdout } = await runCli([await writeIndex(rows), '--output', output, ...flags]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ rows: 250, successes: 250 });
    const { connections, requests } = box.stats().hosts['limited.example'] ?? {};
    // Only a connection too many shows that 4 is the limit. Where the rate is refused first, even that one is not opened;
    // on a busy machine the answers may take too long for that.
    expect(connections?.peak).toBeLessThanOrEqual(5);
    const total = requests?.total ?? 0;
    expect((total - rows.length) / total).toBeLessThan(0.02);
  },
  // At the pace that the host allows, the rows take 14 s on an idle machine.
  180_000,
);

test.each(LANES)(
  'a dead host costs 3 attempts to connect, and none in the next run (%i lanes)',
  async (lanes) => {
    const { box, output, reach, writeIndex } = await useWeb({
      hosts: {
        'alive.example': { paths: { '*': IMAGE } },
        'gone.example': { dns: { rcode: 'NXDOMAIN' } },
      },
    });
    const refused = await box.refusedPort();
    const rows = Array.from({ length: 2002 }, (_, i) => {
      if (i % 1001 === 1000) return [box.url('alive.example', `/${i}`), ''] as const;
      return [
        i < 1001 ? `http://shut.example:${refused}/${i}` : box.url('gone.example', `/${i}`),
        '',
      ] as const;
    });
    const index = await writeIndex(rows);
    const flags = ['--json', '--number-sample-per-shard', '100', ...inLanes(lanes), ...reach];
    const first = await runCli([index, '--output', output, ...flags]);
    expect(first.code).toBe(0);
    const { failure_codes, successes } = JSON.parse(first.stdout);
    expect(successes).toBe(2);
    expect(failure_codes['host_dead']).toBeGreaterThanOrEqual(1994);
    expect(await attemptsAt(output, 'shut.example')).toBe(3);
    expect(box.stats().dns).toMatchObject({ 'A shut.example': 1, 'A gone.example': 1 });

    box.reset();
    const more = await writeIndex(rows.slice(0, 500), 'more.csv');
    const second = await runCli([more, '--output', output, ...flags, '--incremental-mode', 'extend']);
    expect(second.code).toBe(0);
    expect(JSON.parse(second.stdout).this_start).toMatchObject({ rows: 500, successes: 0 });
    expect(box.stats().dns).toEqual({});
    expect(await attemptsAt(output, 'shut.example')).toBe(3);
  },
);

/** Attempts that the metadata counts for the rows of a host. */
async function attemptsAt(output: string, host: string): Promise<number> {
  const rows = await readMetadata(output);
  const ofHost = rows.filter(({ url }) => String(url).includes(`//${host}`));
  return ofHost.reduce((sum, { attempts }) => sum + Number(attempts), 0);
}

test.each(LANES)('--per-host-rate and --rate hold across decoders, shards and %i lanes', async (lanes) => {
  const arrivals = new Map<string, number[]>();
  const { box, output, reach, writeIndex } = await useWeb({
    hosts: {
      '*': {
        paths: {
          '*': ({ host }) => {
            arrivals.set(host, [...(arrivals.get(host) ?? []), performance.now()]);
            return IMAGE;
          },
        },
      },
    },
  });
  const rows = Array.from({ length: 120 }, (_, i) => [box.url(`h${i % 4}.example`, `/${i}`), ''] as const);
  const flags = [
    '--per-host-rate',
    '10',
    '--rate',
    '30',
    ...inLanes(lanes),
    '--number-sample-per-shard',
    '10',
  ];
  const { code } = await runCli([await writeIndex(rows), '--output', output, ...flags, ...reach]);
  expect(code).toBe(0);
  const all = [...arrivals.values()].flat().sort((a, b) => a - b);
  expect(all.length).toBe(120);
  // A stall of this process makes arrivals late and bunches them. So they are counted from the first one on, and may be
  // ahead by one second's worth; without the limits, all of them would arrive at once.
  expect(mostAhead(all, 30)).toBeLessThanOrEqual(30);
  for (const times of arrivals.values()) expect(mostAhead(times, 10)).toBeLessThanOrEqual(10);
});

/** The most arrivals by which the times are ever ahead of a rate of `perSecond`. */
function mostAhead(times: readonly number[], perSecond: number): number {
  const [first = 0] = times;
  return Math.max(...times.map((time, place) => place + 1 - ((time - first) / 1000) * perSecond));
}
