import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Answer } from '../../support/box/answers.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { readMetadata, readStats } from '../../support/command/read-dataset.ts';
import { PLACEHOLDER_PORTS } from '../../support/servers/ports.ts';

const TINY = new URL('../../../fixtures/images/tiny.jpg', import.meta.url);
const IMAGE: Answer = { body: { fixture: 'images/tiny.jpg' } };
const OTHER: Answer = { body: { fixture: 'images/gray.png' } };

test.each([1, 2])(
  'with %i lanes, nothing that a list denies is requested, and none of it kept',
  async (lanes) => {
    const redirect: Answer = { redirect: `http://denied.example:${PLACEHOLDER_PORTS.http}/moved` };
    const { box, folder, output, reach, writeIndex } = await useWeb({
      hosts: { '*': { paths: { '/to': redirect, '/same': IMAGE, '*': OTHER } } },
    });
    const rows = [
      ['good.example', '/1', 'success'],
      ['good.example', '/2', 'the URL is in --deny-list'],
      ['good.example', '/to', 'the host is in --deny-list'],
      ['good.example', '/same', 'the digest of the image is in --deny-list'],
      ['denied.example', '/1', 'the host is in --deny-list'],
      ['a.b.gone.example', '/1', 'the domain is in --deny-list'],
    ] as const;
    const index = await writeIndex(rows.map(([host, path]) => [box.url(host, path), '']));
    const list = join(folder, 'deny.txt');
    const sha256 = createHash('sha256')
      .update(await readFile(TINY))
      .digest('hex');
    const lines = [box.url('good.example', '/2'), 'denied.example', '*.gone.example', `sha256:${sha256}`];
    await writeFile(list, lines.join('\n'));
    const flags = [...reach, '--lanes', `${lanes}`, '--decoders', `${lanes}`];

    const { code, stderr } = await runCli([index, '--output', output, '--deny-list', list, ...flags]);
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringMatching(/deny_list +5 /) });
    const ends = (await readMetadata(output)).map((row) => row['error_message'] ?? row['status']);
    expect(ends).toEqual(rows.map(([, , end]) => end));
    const { hosts } = box.stats();
    expect(hosts['good.example']?.requests.total).toBe(3);
    expect([hosts['denied.example'], hosts['a.b.gone.example']]).toEqual([undefined, undefined]);
    expect(readStats(output)['status_dict']).toMatchObject({ 'the host is in --deny-list': 2 });

    // A resume needs a list, but it may be a longer one.
    const without = await runCli([index, '--output', output, ...flags]);
    expect(without).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('was started with --deny-list'),
    });
    await writeFile(list, [...lines, 'more.example'].join('\n'));
    expect((await runCli([index, '--output', output, '--deny-list', list, ...flags])).code).toBe(0);
    const manifest = JSON.parse(await readFile(join(output, '.laion-fetch/manifest.json'), 'utf8'));
    expect(manifest.runs[0].denyLists).toMatchObject([{ name: list }, { name: list }]);
  },
);
