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
  // The header of an answer names a licence, too: one that is read, or one that is missing.
  const linking = (path: string) => () => ({
    ...IMAGE,
    headers: [
      ['Link', `<${new URL(path, license).href}>; rel="license"; type="application/rsl+xml"`],
    ] as const,
  });
  const linkingPaths = { '*': linking('/linked.xml'), '/odd.jpg': linking('/none.xml') };
  const web = await useWeb({
    hosts: {
      ...Object.fromEntries(OWNERS.map((name) => [name, owner])),
      'e.example': { paths: { ...linkingPaths, '/robots.txt': { status: 404 } } },
      'licences.example': {
        paths: {
          '/l.xml': { body: { text: RSL } },
          '/linked.xml': { body: { text: RSL } },
          '/none.xml': { status: 404 },
        },
      },
    },
  });
  license = web.box.url('licences.example', '/l.xml');
  const paths = OWNERS.flatMap((name) => ['/no/1.jpg', '/yes/2.jpg'].map((path) => web.box.url(name, path)));
  const linked = ['/no/1.jpg', '/yes/2.jpg', '/odd.jpg', '/yes/3.jpg'].map((path) =>
    web.box.url('e.example', path),
  );
  const index = await web.writeIndex([...paths, ...linked].map((url) => [url, url]));
  const words = [index, '--output', web.output, '--rights', 'strict', '--lanes', '2', '--decoders', '2'];
  const { code } = await runCli([...words, ...web.reach], {
    env: { LAION_FETCH_RIGHTS_FILES: 'robots.txt' },
  });
  expect(code).toBe(0);
  const rows = await readMetadata(web.output);
  const ends = ['optout_license', null];
  expect(rows.map((row) => row['failure_code'])).toEqual([...OWNERS.flatMap(() => ends), ...ends, ...ends]);
  expect(rows.every(({ attempts }) => Number(attempts) <= 1)).toBe(true);
  expect(web.box.stats().hosts['licences.example']?.paths).toMatchObject({ '/l.xml': 1, '/linked.xml': 1 });
  const source = new URL('/linked.xml', license).href;
  expect(JSON.parse(String(rows[8]?.['rights']))).toMatchObject({
    reason: 'rsl:prohibits ai-train',
    signals: [{ m: 'rsl', verdict: 'deny', src: source, sha256: expect.any(String) }],
  });
  expect(JSON.parse(String(rows[10]?.['rights'])).signals).toMatchObject([
    { m: 'rsl', scope: 'answer', verdict: 'record', raw: expect.stringContaining('/none.xml') },
  ]);
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
