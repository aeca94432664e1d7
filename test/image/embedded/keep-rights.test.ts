import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { readEmbedded } from '../../../src/image/embedded/read-embedded.ts';
import { DEFAULT_LIMITS, type ImageSettings } from '../../../src/image/job/settings.ts';
import { processImage } from '../../../src/image/render/process-image.ts';
import { PLAIN } from '../fixtures.ts';
import { FORMATS, imageWith, plainImage, xmp } from './metadata-bytes.ts';

const SPACES =
  'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:cc="http://creativecommons.org/ns#" xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:tdm="http://www.w3.org/ns/tdmrep/"';
const PACKET = xmp(
  `${SPACES} photoshop:Credit="A &amp; &quot;B&quot;" plus:DataMining="http://ns.useplus.org/ldf/vocab/DMI-ALLOWED" tdm:reservation="0" xmpRights:WebStatement="https://a.example/rights?a=1&amp;b=2"`,
  `<dc:creator><rdf:Seq><rdf:li>Zoë &lt;Ångström&gt;</rdf:li></rdf:Seq></dc:creator>
   <dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© 2020</rdf:li></rdf:Alt></dc:rights>
   <cc:license rdf:resource="https://creativecommons.org/licenses/by/4.0/"/>`,
);

async function encoded(bytes: Buffer, more: Partial<ImageSettings>): Promise<Buffer> {
  const settings = { ...PLAIN, imageSize: 8, resizeMode: 'border', skipReencode: false, ...more } as const;
  const result = await processImage({ bytes }, { ...settings, rights: 'standard' }, DEFAULT_LIMITS);
  if (!result.ok) throw new Error(result.code);
  return Buffer.from(result.image.bytes);
}

const OUTPUTS = [
  ['jpg', 95],
  ['png', 6],
  ['webp', 90],
  ['webp', 101],
] as const;

describe.each(OUTPUTS)('--keep-rights-metadata with %s of quality %i', (encodeFormat, encodeQuality) => {
  test.each(FORMATS)('keeps what the metadata of a %s say, and the pixels', async (format) => {
    const original = await imageWith(format, PACKET);
    const settings = { encodeFormat, encodeQuality, keepRightsMetadata: true };
    const bytes = await encoded(original, settings);
    expect(readEmbedded(bytes)).toEqual(readEmbedded(original));
    // Another reader finds it, too, and decodes the same pixels.
    const packet = (await sharp(bytes).metadata()).xmp?.toString();
    expect(packet).toContain('<rdf:li>Zoë &lt;Ångström&gt;</rdf:li>');
    const without = await encoded(original, { ...settings, keepRightsMetadata: false });
    expect(await sharp(bytes).raw().toBuffer()).toEqual(await sharp(without).raw().toBuffer());
    expect(readEmbedded(without)).toBeNull();
    expect(await encoded(original, settings)).toEqual(bytes);
  });
});

test('without rights metadata, and for kept bytes, --keep-rights-metadata changes nothing', async () => {
  const plain = await plainImage('jpeg');
  const on = { keepRightsMetadata: true };
  expect(await encoded(plain, on)).toEqual(await encoded(plain, {}));
  const named = await imageWith('jpeg', PACKET);
  const kept = { ...on, skipReencode: true, imageSize: 16, resizeMode: 'no' } as const;
  expect(await encoded(named, kept)).toEqual(named);
});
