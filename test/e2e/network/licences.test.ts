import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Answer, HostScript } from '../../support/box/answers.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { readMetadata } from '../../support/command/read-dataset.ts';

const IMAGE: Answer = { body: { fixture: 'images/tiny.jpg' } };
const RSL =
  '<rsl xmlns="https://rslstandard.org/rsl"><content url="/no/"><license><prohibits type="usage">ai-train</prohibits></license></content></rsl>';
const OWNERS = ['a.example', 'b.example', 'c.example', 'd.example'];

test('strict asks for a licence once, whichever lanes its host and the origins belong to', async () => {
  let license = '';
  const owner: HostScript = {
    paths: { '*': IMAGE, '/robots.txt': () => ({ body: { text: `License: ${license}` } }) },
  };
  const web = await useWeb({
    hosts: {
      ...Object.fromEntries(OWNERS.map((name) => [name, owner])),
      'licences.example': { paths: { '/l.xml': { body: { text: RSL } } } },
    },
  });
  license = web.box.url('licences.example', '/l.xml');
  const paths = OWNERS.flatMap((name) => ['/no/1.jpg', '/yes/2.jpg'].map((path) => web.box.url(name, path)));
  const index = await web.writeIndex(paths.map((url) => [url, url]));
  const words = [index, '--output', web.output, '--rights', 'strict', '--lanes', '2', '--decoders', '2'];
  const { code } = await runCli([...words, ...web.reach], {
    env: { LAION_FETCH_RIGHTS_FILES: 'robots.txt' },
  });
  expect(code).toBe(0);
  const rows = await readMetadata(web.output);
  expect(rows.map((row) => row['failure_code'])).toEqual(OWNERS.flatMap(() => ['optout_license', null]));
  expect(web.box.stats().hosts['licences.example']?.paths).toEqual({ '/l.xml': 1 });
  const evidence = await readFile(join(web.output, '.laion-fetch/rights-evidence.jsonl'), 'utf8');
  const kept = evidence
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .find(({ file }) => file === 'rsl');
  expect(kept).toMatchObject({ url: license, body: RSL });
  expect(JSON.parse(String(rows[0]?.['rights']))).toMatchObject({
    reason: 'rsl:prohibits ai-train',
    signals: [{ m: 'rsl', verdict: 'deny', src: license, sha256: kept?.sha256 }],
  });
});
