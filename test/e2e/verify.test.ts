import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repack } from '../output/repack.ts';
import { reseal } from '../output/reseal.ts';
import type { Answer, WebScript } from '../support/answers.ts';
import { runCli } from '../support/cli.ts';
import { PHOTOS } from '../support/photos.ts';
import { readMember } from '../support/read-dataset.ts';
import { useWeb } from '../support/use-web.ts';

/** Every page shows a picture, every ninth is gone. */
const GALLERY: WebScript = {
  hosts: { '*': { paths: { '*': ({ path }) => showPage(Number(path.slice(1))) } } },
};

function showPage(page: number): Answer {
  const body = PHOTOS[page % PHOTOS.length];
  return page % 9 === 8 || body === undefined ? { status: 404 } : { body };
}

/** A dataset of 40 rows in two shards; keys are 0000000 to 0000019 and 0000100 to 0000119. */
async function useDataset(...shaping: string[]) {
  const web = await useWeb(GALLERY);
  const entries = Array.from(
    { length: 40 },
    (_, page) => [web.box.url(`h${page % 7}.example`, `/${page}`), `picture ${page}`] as const,
  );
  const index = await web.writeIndex(entries);
  const flags = ['--number-sample-per-shard', '20', '--decoders', '1', ...web.reach];
  const download = (...flagsOfTest: string[]) =>
    runCli([index, '--output', web.output, ...flags, ...shaping, ...flagsOfTest]);
  expect((await download()).code).toBe(0);
  web.box.reset();
  return { ...web, index, download };
}

/** Puts another body in the place of a member and makes all digests fit. */
async function replaceMember(output: string, name: string, edit: (body: Buffer) => Buffer): Promise<void> {
  await repack(join(output, '00001.tar'), (members) =>
    members.map((member) => (member.name === name ? { name, body: edit(member.body) } : member)),
  );
  await reseal(output, '00001');
}

describe('verify --deep', () => {
  test.each([
    [['--image-size', '64']],
    [['--output-format', 'files', '--encode-format', 'png', '--resize-mode', 'border']],
    [['--encode-format', 'webp', '--image-size', '64']],
    [['--encode-format', 'original']],
  ])('finds no fault with a dataset as written with %j', async (shaping) => {
    const { output } = await useDataset(...shaping);
    const { code, stdout } = await runCli(['verify', output, '--deep', '--decoders', '2']);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining(': whole (2 shards') });
  });

  test('takes no offence at bodies that were kept undecoded', async () => {
    const { output } = await useDataset('--disable-all-reencoding');
    expect((await runCli(['verify', output, '--deep'])).code).toBe(0);
  });

  test('finds a picture that is cut, one of another size and one of another format', async () => {
    const { output } = await useDataset();
    const [torn, other] = ['0000103', '0000105'].map((key) => `${key}.jpg`) as [string, string];
    const tar = join(output, '00001.tar');
    const wide = readMember(tar, '0000101.jpg');
    await replaceMember(output, torn, (body) => body.subarray(0, body.length >> 1));
    await replaceMember(output, other, () => wide);
    const shallow = await runCli(['verify', output]);
    expect(shallow.code).toBe(0);

    const { code, stdout } = await runCli(['verify', output, '--deep', '--json']);
    expect(code).toBe(5);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      faults: [
        { file: '00001.tar', key: '0000103', fault: 'the picture cannot be decoded: Image decoding error' },
        {
          file: '00001.tar',
          key: '0000105',
          fault: expect.stringMatching(/^the picture has \d+x\d+ pixels, \d+x\d+ in the metadata$/),
        },
      ],
    });
  });
});
