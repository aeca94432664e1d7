import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resolveOptions } from '../../../src/config/resolve.ts';
import { readEmbedded } from '../../../src/image/embedded/read-embedded.ts';
import { remove } from '../../../src/run/remove.ts';
import { verifyOutput } from '../../../src/run/verify.ts';
import { imageWith, plainImage, withIim, xmp } from '../../image/embedded/metadata-bytes.ts';
import { exifBlock, insertExif } from '../../image/exif/exif-block.ts';
import { readParquet } from '../../output/read-parquet.ts';
import type { Answer } from '../../support/box/answers.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { readMember } from '../../support/command/read-dataset.ts';

const answer = (bytes: Buffer): Answer => ({ body: { base64: bytes.toString('base64') } });

const BY = 'https://creativecommons.org/licenses/by/4.0/';
const BY_NC = 'https://creativecommons.org/licenses/by-nc/2.0/';
const XMP = xmp(
  'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:cc="http://creativecommons.org/ns#" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:Credit="Example Agency"',
  `<dc:creator><rdf:Seq><rdf:li>Grace Hopper</rdf:li></rdf:Seq></dc:creator>
   <dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© 2021 Grace Hopper</rdf:li></rdf:Alt></dc:rights>
   <cc:license rdf:resource="${BY}"/>`,
);
const GENERATED = xmp(
  'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"',
);
const REFUSED = xmp('plus:DataMining="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"');

/** A dataset of images that name their creators in XMP, IPTC, EXIF or not at all, and an index that names some. */
async function useDataset(...flags: string[]) {
  const plain = await plainImage('jpeg');
  const exif = exifBlock({
    littleEndian: true,
    image: [
      { tag: 0x013b, type: 'ascii', value: 'Alan Turing' },
      { tag: 0x8298, type: 'ascii', value: '(c) Alan Turing' },
    ],
  });
  const iim = withIim(plain, [
    [80, 'Mary Jackson'],
    [116, '© Mary Jackson'],
    [110, 'NASA'],
  ]);
  const bodies = {
    '/xmp.webp': await imageWith('webp', XMP),
    '/xmp.png': await imageWith('png', XMP),
    '/iptc.jpg': iim,
    '/exif.jpg': insertExif(plain, exif),
    '/plain.jpg': plain,
    '/generated.jpg': await imageWith('jpeg', GENERATED),
    '/refused.jpg': await imageWith('jpeg', REFUSED),
  };
  const paths = Object.fromEntries(Object.entries(bodies).map(([path, bytes]) => [path, answer(bytes)]));
  const web = await useWeb({
    hosts: { 'a.example': { paths: { ...paths, '/robots.txt': { status: 404 } } } },
  });
  const rows = [
    ['/xmp.webp', '', '', ''],
    ['/xmp.png', BY_NC, 'G. *Hopper*', 'Compiler | 1'],
    ['/iptc.jpg', '', '', ''],
    ['/exif.jpg', '', '', ''],
    ['/plain.jpg', BY_NC, 'G. *Hopper*', ''],
    ['/generated.jpg', '?', '', ''],
    ['/refused.jpg', BY, 'Nobody', ''],
    ['/missing.jpg', BY, 'Nobody', ''],
  ];
  const lines = rows.map(([path = '', ...rest]) => [web.box.url('a.example', path), ...rest, ''].join(','));
  const index = join(web.folder, 'index.csv');
  await writeFile(index, ['url,LICENSE,Author,title,caption', ...lines, ''].join('\n'));
  const args = [index, '--output', web.output, '--rights-files', 'robots.txt', ...flags, ...web.reach];
  expect((await runCli(args)).code).toBe(0);
  return { ...web, url: (path: string) => web.box.url('a.example', path) };
}

test('attribution lists who made what by the index and by XMP, IPTC and EXIF, for publication', async () => {
  const { output, folder, url } = await useDataset(
    '--loader-files',
    '--keep-rights-metadata',
    '--image-size',
    '8',
  );
  const kept = readEmbedded(readMember(join(output, '00000.tar'), '000000003.jpg'));
  expect(kept?.attribution).toMatchObject({ creator: 'Alan Turing', copyright: '(c) Alan Turing' });
  const { code, stdout } = await runCli(['attribution', output, '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ images: 6, creators: 5, licences: 5 });
  expect(await readFile(join(output, 'ATTRIBUTION.md'), 'utf8')).toBe(`# Attribution

This dataset has 6 images. A licence is named for 5 (2 by the index, 3 by the image itself), and a creator for 5 (2 by the index, 3 by the image itself). The index is the list of URLs that the dataset was made from; an image names its creator and its licence in its XMP, IPTC or EXIF metadata. Neither has been verified.

The rights in each image remain with its owner. Images may have been resized, cropped or re-encoded for this dataset. Where a creator has several images, one of them is the example here; \`ATTRIBUTION.parquet\` has a row for every image, with its URL and what index and image say.

Made by a generative model, according to the metadata in the image: 1 image.

| licence | images | named creators | named by |
|---|---:|---:|---|
| All rights reserved | 2 | 2 | image |
| CC BY-NC 2.0 | 2 | 1 | index |
| CC BY 4.0 | 1 | 1 | image |
| Licence unknown | 1 | 0 |  |

## All rights reserved

2 images. A copyright notice, and no licence that permits any use.

- **Alan Turing**: <${url('/exif.jpg')}>; (c) Alan Turing
- **Mary Jackson**: <${url('/iptc.jpg')}>; © Mary Jackson; credit: NASA

## CC BY-NC 2.0

2 images under <${BY_NC}>.

- **G. \\*Hopper\\***: 2 images, such as “Compiler \\| 1”, <${url('/xmp.png')}>; © 2021 Grace Hopper and others; credit: Example Agency and others

## CC BY 4.0

1 image under <${BY}>.

- **Grace Hopper**: <${url('/xmp.webp')}>; © 2021 Grace Hopper; credit: Example Agency

## Licence unknown

1 image. Neither the index nor the metadata in the image names a licence.

- Creator unknown: <${url('/generated.jpg')}>

## Index and image differ

The index and the metadata in the image name different licences. Above, these images are listed under the licence that the index names.

- CC BY-NC 2.0 in the index, CC BY 4.0 in the image: 1 image, such as <${url('/xmp.png')}>
`);

  const table = await readParquet(join(output, 'ATTRIBUTION.parquet'));
  const rows = table.rows.map((row) => Object.fromEntries(table.names.map((name, at) => [name, row[at]])));
  expect(rows).toHaveLength(6);
  expect(rows[1]).toEqual({
    ...{ key: '000000001', url: url('/xmp.png'), title: 'Compiler | 1', page: null },
    ...{ creator: 'G. *Hopper*', creator_source: 'index', licence: 'CC-BY-NC-2.0', licence_source: 'index' },
    ...{ index_creator: 'G. *Hopper*', index_licence: BY_NC },
    ...{ image_creator: 'Grace Hopper', image_copyright: '© 2021 Grace Hopper' },
    ...{ image_credit: 'Example Agency', image_usage_terms: null, image_licence_url: BY },
    ...{ image_web_statement: null, image_digital_source: null },
  });
  expect(rows[0]).toMatchObject({ creator: 'Grace Hopper', creator_source: 'image', licence: 'CC-BY-4.0' });

  const card = await readFile(join(output, 'README.md'), 'utf8');
  expect(card.slice(card.indexOf('## Rights'))).toBe(`## Rights

The images belong to their owners, and each has its own licence; an index of URLs grants none. What the index says about licences is in \`LICENSE\`. What owners said about the use of an image, and who made it by its own metadata, is in \`rights\`. Check what the owners and the law allow before you share the dataset or train on it.

The images were downloaded with \`--rights standard\`: no image was kept whose owner refuses training in a machine-readable way.

1 row of the index was denied: its image is not in the dataset.

| denied by | rows |
|---|---:|
| \`plus-data-mining\` | 1 |

| host | rows |
|---|---:|
| \`a.example\` | 1 |

A licence is named for 5 of 6 images, and a creator for 5: see [ATTRIBUTION.md](ATTRIBUTION.md), and \`ATTRIBUTION.parquet\` for each image.

| licence | images |
|---|---:|
| \`All rights reserved\` | 2 |
| \`CC BY-NC 2.0\` | 2 |
| \`CC BY 4.0\` | 1 |

| creator | images |
|---|---:|
| \`G. *Hopper*\` | 2 |
| \`Alan Turing\` | 1 |
| \`Grace Hopper\` | 1 |
| \`Mary Jackson\` | 1 |
`);
  expect((await runCli(['verify', output])).code).toBe(0);

  const { stdout: shown } = await runCli(['rights', output, '--json']);
  expect(JSON.parse(shown)).toMatchObject({
    ...{ rows: 8, images: 6, denied: 1, licensed: 5, credited: 5 },
    mechanisms: [{ name: 'plus-data-mining', rows: 1, example: url('/refused.jpg') }],
  });
  const { stdout: report } = await runCli(['report', output, '--json']);
  expect(JSON.parse(report).rights).toEqual({
    policies: ['standard'],
    ...JSON.parse(shown),
    attribution: 'ATTRIBUTION.md',
  });
  const { stdout: markdown } = await runCli(['report', output, '--markdown']);
  expect(markdown).toContain(
    'Rights: policy `standard`, 1 row of 8 denied; of 6 images, 5 with a licence and 5 with a creator, see [ATTRIBUTION.md]',
  );
  expect(markdown).toMatch(/\| denied at +\| `a\.example` +\| +1 \|/);

  // Whoever made an image that is taken out is named nowhere any more.
  const urls = join(folder, 'urls.txt');
  await writeFile(urls, url('/iptc.jpg'));
  const { options } = resolveOptions([]);
  const notices: string[] = [];
  const taken = { output, options, lists: [urls], onNotice: (notice: string) => notices.push(notice) };
  await remove(taken);
  const files = ['ATTRIBUTION.parquet', 'ATTRIBUTION.md', 'README.md', '.laion-fetch/attribution.json'];
  const tables = [join('.laion-fetch/rights.parquet', '00000.parquet'), '00000.parquet'];
  for (const name of [...files, ...tables])
    expect(await readFile(join(output, name), 'latin1'), name).not.toContain('Mary Jackson');
  expect((await verify(output)).findings).toEqual([]);
  await writeFile(join(output, 'ATTRIBUTION.md'), 'ours');
  await remove(taken);
  expect(notices).toEqual([expect.stringContaining("'ATTRIBUTION.md' may list what was taken out")]);
});

const verify = (output: string) =>
  verifyOutput({
    ...{ output, options: resolveOptions([]).options, index: null, decodeImages: false, repair: false },
  });

test('attribution of a dataset whose index and images name nobody is refused', async () => {
  const web = await useWeb({
    hosts: { 'a.example': { paths: { '*': answer(await plainImage('jpeg')) } } },
  });
  const index = await web.writeIndex([[web.box.url('a.example', '/1'), '']]);
  expect((await runCli([index, '--output', web.output, ...web.reach])).code).toBe(0);
  const { code, stderr } = await runCli(['attribution', web.output]);
  expect(code).toBe(2);
  expect(stderr).toContain('expected columns of its index such as author');
});
