import { expect, test } from 'vitest';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';

test.each([1, 2])('no host sees more than --per-host, with 4 decoders and %i lanes', async (lanes) => {
  const { box, output, reach, writeIndex } = await useWeb({
    hosts: { '*': { paths: { '*': { body: { fixture: 'images/tiny.jpg' }, delayMs: 3 } } } },
  });
  const hosts = ['big.example', 'big.example', 'big.example', 'small.example'];
  const rows = Array.from({ length: 600 }, (_, i) => {
    const scheme = i % 3 === 0 ? 'https' : 'http';
    return [box.url(hosts[i % 4] ?? '', `/${i}`, scheme), `${i}`] as const;
  });
  const processes = ['--decoders', '4', '--lanes', `${lanes}`];
  const flags = [...processes, '--per-host', '5', '--number-sample-per-shard', '50'];
  const { code } = await runCli([await writeIndex(rows), '--output', output, ...flags, ...reach]);
  expect(code).toBe(0);
  const { hosts: seen, dns } = box.stats();
  expect(seen['big.example']).toMatchObject({ requests: { total: 450 } });
  for (const host of ['big.example', 'small.example']) {
    expect(seen[host]?.connections.peak).toBeLessThanOrEqual(5);
    expect(seen[host]?.connections.peak).toBeGreaterThan(1);
  }
  expect(dns).toEqual({ 'A big.example': 1, 'A small.example': 1 });
});
