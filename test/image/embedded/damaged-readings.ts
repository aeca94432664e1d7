import { readEmbedded } from '../../../src/image/embedded/read-embedded.ts';
import { mutate } from '../../support/bytes/mutate.ts';
import { random } from '../photo.ts';
import {
  c2paStore,
  FORMATS,
  imageWith,
  withC2pa,
  withCompressedXmp,
  withExtendedXmp,
  withIim,
  xmp,
} from './metadata-bytes.ts';

/**
 * Reads damaged images of each format with XMP, C2PA and IPTC. Whatever `readEmbedded` throws is thrown.
 * `found`: readings with a statement.
 */
export async function damagedReadings({ count, seed }: { count: number; seed: number }) {
  const packet = xmp(
    'plus:DataMining="DMI-PROHIBITED"',
    '<plus:ImageCreatorName>Ada</plus:ImageCreatorName>',
  );
  const store = c2paStore('cawg.training-mining', { entries: { 'cawg.ai_training': { use: 'notAllowed' } } });
  const images = await Promise.all(
    FORMATS.map(async (format) => withC2pa(format, await imageWith(format, packet), store)),
  );
  const [jpeg, png] = images;
  if (jpeg === undefined || png === undefined) throw new Error('expected an image of each format');
  images.push(withExtendedXmp(jpeg, packet), withIim(jpeg, [[80, 'Ada']]), withCompressedXmp(png, packet));
  const draw = random(seed);
  let [read, found, slowestMs] = [0, 0, 0];
  for (; read < count; read += 1) {
    const image = images[read % images.length] ?? jpeg;
    const damaged = mutate(Buffer.from(image), draw);
    const startedAt = performance.now();
    const rights = readEmbedded(damaged);
    slowestMs = Math.max(slowestMs, performance.now() - startedAt);
    if ((rights?.statements.length ?? 0) > 0) found += 1;
  }
  return { read, found, slowestMs };
}
