import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decibels } from '../../codec/beside-sharp.ts';
import { imageFixture } from '../../image/fixtures.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { readMember, readMetadata } from '../../support/command/read-dataset.ts';

/** Damaged and unusual images whose outcome is the same however they are scaled and encoded: null is a success. */
const OUTCOMES: Readonly<Record<string, string | null>> = {
  'plain-307x173.jpg': null,
  'same-with-srgb-icc.jpg': null,
  'animated.avif': null,
  'animated.gif': null,
  'animated.webp': null,
  'text-crc.png': null,
  'dc-symbol-27.jpg': 'image_undecodable',
  'all-ones-code.jpg': 'image_undecodable',
  'five-percent-missing-with-eoi.jpg': 'image_undecodable',
  'scan-bomb-512.jpg': 'image_too_many_scans',
};
const NAMES = Object.keys(OUTCOMES);

/** Runs the command over all images: the outcome of each, and its bytes if it is a success. */
async function download(...flags: readonly string[]) {
  const paths = Object.fromEntries(
    NAMES.map((name) => [`/${name}`, { body: { base64: imageFixture(name).toString('base64') } }]),
  );
  const web = await useWeb({ hosts: { 'h.example': { paths } } });
  const index = await web.writeIndex(NAMES.map((name) => [web.box.url('h.example', `/${name}`), name]));
  const { code } = await runCli([index, '--output', web.output, ...web.reach, ...flags]);
  expect(code).toBe(0);
  const rows = await readMetadata(web.output);
  const extension = flags[flags.indexOf('--encode-format') + 1] ?? 'jpg';
  const member = (name: string) => {
    const key = String(rows[NAMES.indexOf(name)]?.['key']);
    const ending = extension === 'original' ? name.slice(name.lastIndexOf('.') + 1) : extension;
    return readMember(join(web.output, '00000.tar'), `${key}.${ending}`);
  };
  return { outcomes: Object.fromEntries(rows.map((row) => [row['caption'], row['failure_code']])), member };
}

describe('damaged and unusual images', () => {
  test.each(['no', 'keep_ratio', 'keep_ratio_largest', 'center_crop', 'border'])(
    'have their outcomes with --resize-mode %s, and a profile that is sRGB changes no pixel',
    async (mode) => {
      const flags = ['--resize-mode', mode, '--image-size', '64', '--encode-format', 'jpg'];
      const { outcomes, member } = await download(...flags, '--no-skip-reencode');
      expect(outcomes).toEqual(OUTCOMES);
      const [plain, same] = [member('plain-307x173.jpg'), member('same-with-srgb-icc.jpg')];
      expect(await decibels(plain, same)).toBeGreaterThan(45);
    },
  );

  test('have their outcomes as originals, and nothing is kept that others refuse', async () => {
    const { outcomes, member } = await download('--encode-format', 'original');
    expect(outcomes).toEqual({ ...OUTCOMES, 'text-crc.png': 'image_undecodable' });
    for (const name of NAMES.filter((name) => outcomes[name] === null))
      expect(member(name), name).toEqual(imageFixture(name));
  });

  test.each([
    ['jpg', ['plain-307x173.jpg', 'same-with-srgb-icc.jpg']],
    ['png', []],
    ['webp', ['animated.webp']],
  ])('have their outcomes where --skip-reencode keeps %s', async (format, kept) => {
    const { outcomes, member } = await download('--encode-format', format, '--resize-mode', 'no');
    expect(outcomes).toEqual(OUTCOMES);
    for (const name of NAMES.filter((name) => outcomes[name] === null))
      expect(member(name).equals(imageFixture(name)), name).toBe(kept.includes(name));
  });
});
