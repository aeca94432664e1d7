import { describe, expect, test } from 'vitest';
import type { Answer } from '../../support/box/answers.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { readMetadata, readStats } from '../../support/command/read-dataset.ts';

const IMAGE: Answer = { body: { fixture: 'images/tiny.jpg' }, delayMs: 2 };
const ROWS = 200;
const HOSTS = 10;
const GOOD_ROWS = ROWS - ROWS / HOSTS;

/** A web of 200 rows in four shards, of which one host in ten answers `refusal` as long as `isFull` says so. */
async function useWebWithFullHost(refusal: Answer) {
  const state = { isFull: true };
  const full = (): Answer => (state.isFull ? refusal : IMAGE);
  const web = await useWeb({
    hosts: { '*': { paths: { '*': IMAGE } }, 'h9.example': { paths: { '*': full } } },
  });
  const rows = Array.from({ length: ROWS }, (_, row) => {
    return [web.box.url(`h${row % HOSTS}.example`, `/${row}`), ''] as const;
  });
  const index = await web.writeIndex(rows);
  const flags = ['--decoders', '2', '--json', ...web.reach];
  const download = (...more: string[]) =>
    runCli([index, '--output', web.output, '--number-sample-per-shard', '50', ...flags, ...more]);
  const retry = (...more: string[]) => runCli(['retry', web.output, ...flags, ...more]);
  const requests = () => web.box.stats().hosts['h9.example']?.requests.total ?? 0;
  return { ...web, state, download, retry, requests };
}

describe.each([1, 2])('with %i lanes', (lanes) => {
  const inLanes = ['--lanes', `${lanes}`];

  test.each([
    ['with Retry-After', { status: 503, headers: [['Retry-After', '120']] }],
    ['without', { status: 429 }],
  ] as const)('a run ends soon for a host that refuses everything %s', async (_what, refusal) => {
    const { output, download, requests } = await useWebWithFullHost(refusal);
    const startedAt = performance.now();
    const { code, stdout } = await download('--patience', '3s', ...inLanes);
    expect(code).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(60_000);
    const { successes, failure_codes, shards_written, throttled_until } = JSON.parse(stdout);
    expect({ successes, shards_written }).toEqual({ successes: GOOD_ROWS, shards_written: 4 });
    expect(failure_codes).toEqual({ host_throttled: ROWS / HOSTS });
    expect(Date.parse(throttled_until)).toBeGreaterThan(Date.now());
    expect(requests()).toBeLessThanOrEqual(4);
    const messages = (await readMetadata(output)).map(({ error_message }) => error_message);
    expect(
      messages.filter((text) => /try again after \d{4}-\d\d-\d\dT\d\d:\d\dZ$/.test(String(text))),
    ).toHaveLength(20);
  });

  test('retry asks a host again at the moment that it named, and not before', async () => {
    const refusal: Answer = { status: 503, headers: [['Retry-After', '8']] };
    const { state, download, retry, requests } = await useWebWithFullHost(refusal);
    const startedAt = performance.now();
    await download('--patience', '0s', ...inLanes);
    state.isFull = false;
    const asked = requests();
    const early = JSON.parse((await retry('--patience', '0s', ...inLanes)).stdout);
    const isEarly = performance.now() - startedAt < 8_000;
    if (isEarly) {
      expect(early).toMatchObject({ restored: 0, still_failing: { host_throttled: 20 } });
      expect(early.throttled_until).not.toBeNull();
      expect(requests()).toBe(asked);
    }
    const { stdout } = await retry('--patience', '1m', ...inLanes);
    expect(JSON.parse(stdout)).toMatchObject({
      restored: isEarly ? 20 : 20 - early.restored,
      success_ratio: 1,
    });
  });
});

test('no shard waits for a host that refuses everything while the run goes on', async () => {
  const { box, output, reach, writeIndex } = await useWeb({
    hosts: {
      'slow.example': { paths: { '*': IMAGE } },
      'full.example': { paths: { '*': { status: 503, headers: [['Retry-After', '120']] } } },
    },
  });
  const rows = Array.from({ length: 100 }, (_, row) => {
    return [box.url(row % 10 === 0 ? 'full.example' : 'slow.example', `/${row}`), ''] as const;
  });
  const flags = [
    '--patience',
    '1s',
    '--per-host-rate',
    '12',
    '--number-sample-per-shard',
    '20',
    '--json',
    ...reach,
  ];
  const { code, stdout } = await runCli([await writeIndex(rows), '--output', output, ...flags]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ successes: 90, failure_codes: { host_throttled: 10 } });
  const ends = [0, 1, 2, 3, 4].map((shard) => Number(readStats(output, `0000${shard}`)['end_time']));
  // At 12 requests a second the run takes 7.5 s, and the first shard 1.5 s and its patience.
  expect(Math.max(...ends) - (ends[0] ?? 0)).toBeGreaterThan(2);
});
