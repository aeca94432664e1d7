import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { FIXTURE_WEB, readScript } from '../../support/box/read-script.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { listTar, readMember, readMetadata, readStats } from '../../support/command/read-dataset.ts';
import { INDEX_ROWS } from '../../support/fixture-index/index-rows.ts';
import { materialiseIndex } from '../../support/fixture-index/materialise-index.ts';
import { expectTruePage, recorded } from '../report/expect-true-page.ts';
import { hasBrowser } from '../report/open-page.ts';

/** Failure of each unsuccessful row of fixtures/index.parquet, by the end of its URL. */
const FAILURES: Readonly<Record<string, string>> = {
  'removed.jpg': 'http_410',
  'missing.jpg': 'http_404',
  'party.jpg': 'http_403',
  'logo.png': 'dns_not_found',
  'hang.jpg': 'timeout',
  'drip.jpg': 'deadline',
  'reset.jpg': 'connection_reset',
  'cut.jpg': 'connection_reset',
  'not a url': 'url_invalid',
  'http://[::1/photo.jpg': 'url_invalid',
  'AAAAACwAAAAAAQABAAA=': 'url_scheme',
  'pub/photo.jpg': 'url_scheme',
  '10.0.0.7:HTTP/printer.jpg': 'address_refused',
  'plan.png': 'address_refused',
  'moved.example:HTTP/printer.jpg': 'address_refused',
  'metadata.jpg': 'address_refused',
  'overloaded.jpg': 'http_503',
  'loop.jpg': 'redirect_limit',
  'nowhere.jpg': 'redirect_invalid',
  'unlucky.test:HTTP/photo.jpg': 'dns_failed',
  'mute.test:HTTP/photo.jpg': 'dns_timeout',
  'closed.example:HTTP/photo.jpg': 'connect_refused',
  'truncated.jpg': 'body_truncated',
  'longer.jpg': 'image_undecodable',
  'page.jpg': 'image_unknown',
  'torn.jpg': 'image_undecodable',
  'drawing.jpg': 'image_unknown',
  'huge.png': 'image_too_many_pixels',
  'empty.jpg': 'body_empty',
  'babble.jpg': 'http_malformed',
  'flood.jpg': 'headers_too_large',
  'endless.jpg': 'body_too_large',
  'bomb.jpg': 'encoding_invalid',
  'hangup.test:HTTPS/photo.jpg': 'connection_reset',
  'no-ai.jpg': 'optout_x_robots',
  'no-index.jpg': 'optout_x_robots',
};

/** The dataset that the first test has made. */
let made: { readonly output: string; readonly images: number } | null = null;

test('every row of the fixtures ends once, in the expected outcome, and readers agree', async () => {
  const { box, folder, output, reach } = await useWeb(await readScript(FIXTURE_WEB), afterAll);
  const index = join(folder, 'index.parquet');
  await materialiseIndex(box.ports, index);
  const limits = ['--timeout', '1s', '--deadline', '5s', '--retries', '2', '--json'];
  const { code, stdout } = await runCli([index, '--output', output, ...reach, ...limits]);
  expect(code).toBe(0);

  const rows = await readMetadata(output);
  expect(rows.map((row) => row['caption'])).toEqual(INDEX_ROWS.map((row) => row.text));
  expect(rows.map((row) => row['key'])).toEqual(INDEX_ROWS.map((_, i) => String(i).padStart(9, '0')));

  const ending = (text: string) =>
    text.replace('HTTPS', String(box.ports.https)).replace('HTTP', String(box.ports.http));
  const expected = rows.map(({ url }) => {
    if (url === null || url === '') return 'url_missing';
    return Object.entries(FAILURES).find(([end]) => String(url).endsWith(ending(end)))?.[1] ?? null;
  });
  expect(rows.map((row) => [row['url'], row['failure_code']])).toEqual(
    rows.map((row, i) => [row['url'], expected[i]]),
  );

  const successes = rows.filter((row) => row['status'] === 'success');
  const members = successes.flatMap(({ key }) => [`${key}.jpg`, `${key}.json`, `${key}.txt`]);
  expect(listTar(join(output, '00000.tar'))).toEqual(members);
  expect(readMember(join(output, '00000.tar'), '000000011.txt').toString()).toBe('Sleeping cat 🐈💤');
  expect(readStats(output)).toMatchObject({ count: rows.length, successes: successes.length });
  expect(JSON.parse(stdout)).toMatchObject({
    rows: rows.length,
    successes: successes.length,
    interrupted: false,
  });
  expect((await runCli(['verify', output])).code).toBe(0);
  expect(recorded(output)).toEqual({ starts: 1, rows: rows.length, images: successes.length });
  made = { output, images: successes.length };
});

test.skipIf(!hasBrowser())(
  'the report of the fixtures asks for nothing, and its figures are true',
  async () => {
    if (made === null) throw new Error('expected the dataset of the test above');
    expect((await runCli(['report', made.output])).code).toBe(0);
    expect((await expectTruePage(made.output)).images).toBe(made.images);
  },
);
