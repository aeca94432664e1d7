import { appendFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Answer } from '../../support/box/answers.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli, spawnCli } from '../../support/command/cli.ts';
import { readMetadata } from '../../support/command/read-dataset.ts';

const IMAGE: Answer = { body: { fixture: 'images/tiny.jpg' } };
const ROBOTS = 'User-agent: *\nDisallow: /no/\n';

test.each(['1', '2'])(
  'SIGKILL leaves the rules of hosts and their evidence to the next start (%s lanes)',
  async (lanes) => {
    let isHanging = true;
    const image = (): Answer => (isHanging ? { ...IMAGE, delayMs: 120_000 } : IMAGE);
    const { box, output, reach, writeIndex } = await useWeb({
      hosts: {
        'a.example': { paths: { '*': image, '/robots.txt': { body: { text: ROBOTS } } } },
        'b.example': { paths: { '*': image, '/robots.txt': { status: 404 } } },
      },
    });
    const urls = [box.url('a.example', '/no/1'), box.url('a.example', '/2'), box.url('b.example', '/3')];
    const words = [await writeIndex(urls.map((url) => [url, url])), '--output', output, ...reach];
    const options = { env: { LAION_FETCH_RIGHTS_FILES: 'robots.txt', LAION_FETCH_LANES: lanes } };
    const state = join(output, '.laion-fetch');
    const journal = join(state, 'scratch.rule-files.jsonl');

    const killed = spawnCli(words, options);
    await expect
      .poll(async () => (await readFile(journal, 'utf8').catch(() => '')).split('\n').length, {
        timeout: 30_000,
      })
      .toBe(3);
    killed.kill('SIGKILL');
    expect((await killed.result).signal).toBe('SIGKILL');
    // A crash may tear the last line.
    await appendFile(journal, '{"origin":"http://a.example","file":"rob');
    isHanging = false;
    box.reset();

    expect((await runCli(words, options)).code).toBe(0);
    expect(box.stats().hosts['a.example']?.paths).toEqual({ '/2': 1 });
    expect(box.stats().hosts['b.example']?.paths).toEqual({ '/3': 1 });
    const [denied] = await readMetadata(output);
    const evidence = (await readFile(join(state, 'rights-evidence.jsonl'), 'utf8')).trim().split('\n');
    const { signals } = JSON.parse(String(denied?.['rights']));
    expect(evidence.map((line) => JSON.parse(line))).toMatchObject([
      { file: 'robots.txt', body: ROBOTS, sha256: signals[0].sha256 },
    ]);
    expect(await readdir(state)).not.toContain('scratch.rule-files.jsonl');
  },
);
