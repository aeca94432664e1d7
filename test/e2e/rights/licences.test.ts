import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { imageWith, plainImage, xmp } from '../../image/embedded/metadata-bytes.ts';
import type { Answer } from '../../support/box/answers.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { readMetadata } from '../../support/command/read-dataset.ts';

const CC = 'xmlns:cc="http://creativecommons.org/ns#"';
const answer = (bytes: Buffer): Answer => ({ body: { base64: bytes.toString('base64') } });

test.each([1, 2])(
  'with %i lanes, only images of the wanted licences are kept, others not requested',
  async (lanes) => {
    const licensed = (name: string) =>
      imageWith(
        'jpeg',
        xmp(CC, `<cc:license rdf:resource="https://creativecommons.org/licenses/${name}/4.0/"/>`),
      );
    const { box, folder, output, reach } = await useWeb({
      hosts: {
        'a.example': {
          paths: {
            '/by': answer(await licensed('by')),
            '/nc': answer(await licensed('by-nc')),
            '*': answer(await plainImage('jpeg')),
          },
        },
      },
    });
    const rows = [
      ['/1', 'https://creativecommons.org/licenses/by/2.0/', 'success'],
      ['/2', 'CC BY-SA 3.0', 'success'],
      ['/3', '3', 'license_refused'],
      ['/4', 'All rights reserved', 'license_refused'],
      ['/5', '?', 'license_unknown'],
      ['/by', '?', 'success'],
      ['/nc', '', 'license_refused'],
      // The index decides where it says something.
      ['/nc2', '{{cc-zero}}', 'success'],
    ] as const;
    const index = join(folder, 'index.csv');
    const lines = rows.map(([path, license]) => `${box.url('a.example', path)},${license}`);
    await writeFile(index, ['url,LICENSE', ...lines, ''].join('\n'));
    const flags = [...reach, '--lanes', `${lanes}`, '--decoders', `${lanes}`];

    const { code } = await runCli([index, '--output', output, '--license', 'cc0,by,by-sa,pdm', ...flags]);
    expect(code).toBe(0);
    const ends = (await readMetadata(output)).map((row) => row['failure_code'] ?? row['status']);
    expect(ends).toEqual(rows.map(([, , end]) => end));
    expect(box.stats().hosts['a.example']?.requests.total).toBe(6);
  },
);

test('a licence that nobody knows is a mistake on the command line', async () => {
  const { code, stderr } = await runCli(['index.csv', '--output', 'out', '--license', 'by,free']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/--license.*expected licences such as cc0,by,by-sa/s);
});
