import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp, { type Sharp } from 'sharp';
import { exifBlock, insertExif, ODD_EXIF, PHONE_EXIF } from '../../image/exif/exif-block.ts';
import { photo, random } from '../../image/photo.ts';
import { pngChunk, pngFile, pngHeader } from '../../image/png-chunks.ts';

/** Generates everything in fixtures/images: `npx tsx test/support/bytes/make-images.ts`. */
const FOLDER = fileURLToPath(new URL('../../../fixtures/images/', import.meta.url));

async function save(name: string, image: Uint8Array | Sharp): Promise<void> {
  writeFileSync(FOLDER + name, image instanceof Uint8Array ? image : await image.toBuffer());
}

async function makeJpegs(): Promise<void> {
  await save('landscape.jpg', (await photo(640, 427, 1)).jpeg({ quality: 60 }));
  await save('portrait.jpg', (await photo(333, 500, 2)).jpeg({ quality: 60 }));
  await save('tiny.jpg', (await photo(9, 7, 3)).jpeg());
  await save('large.jpg', (await photo(1600, 1067, 4)).jpeg({ quality: 30 }));
  await save('progressive.jpg', (await photo(301, 201, 5)).jpeg({ progressive: true, quality: 60 }));
  await save('gray.jpg', (await photo(201, 134, 6)).toColourspace('b-w').jpeg());
  await save('cmyk.jpg', (await photo(201, 134, 7)).toColourspace('cmyk').jpeg());
  await save('display-p3.jpg', (await photo(200, 150, 8)).withIccProfile('p3').jpeg());

  const upright = await (await photo(128, 96, 9)).jpeg({ quality: 70 }).toBuffer();
  for (let orientation = 1; orientation <= 8; orientation++) {
    const block = exifBlock({
      littleEndian: orientation % 2 === 1,
      image: [{ tag: 0x0112, type: 'short', value: [orientation] }],
    });
    await save(`orientation-${orientation}.jpg`, insertExif(upright, block));
  }
  await save('exif-phone.jpg', insertExif(upright, exifBlock(PHONE_EXIF)));
  await save('exif-odd.jpg', insertExif(upright, exifBlock(ODD_EXIF)));
  await save('truncated-half.jpg', upright.subarray(0, upright.length / 2));
  await save('truncated-tail.jpg', upright.subarray(0, upright.length * 0.995));
}

/** Columns of rising alpha (or of one colour) from left to right over a constant colour. */
function ramp<T extends Uint8Array | Uint16Array>(pixels: T, pixel: (x: number) => readonly number[]): T {
  const channels = pixel(0).length;
  for (let index = 0; index < pixels.length / channels; index++)
    pixels.set(pixel(index % 64), index * channels);
  return pixels;
}

async function makePngs(): Promise<void> {
  const [width, height] = [64, 48];
  const area = width * height;
  const open = (pixels: Uint8Array | Uint16Array, channels: 1 | 2 | 3 | 4, space: string): Sharp =>
    sharp(pixels, { raw: { width, height, channels } }).toColourspace(space).png();
  await save('rgb.png', (await photo(120, 80, 10)).png());
  await save('interlaced.png', (await photo(60, 40, 11)).png({ progressive: true }));
  await save(
    'rgba.png',
    open(
      ramp(new Uint8Array(area * 4), (x) => [200, 100, 0, x * 4]),
      4,
      'srgb',
    ),
  );
  await save(
    'gray.png',
    open(
      ramp(new Uint8Array(area), (x) => [x * 4]),
      1,
      'b-w',
    ),
  );
  await save(
    'gray-alpha.png',
    open(
      ramp(new Uint8Array(area * 2), (x) => [100, x * 4]),
      2,
      'b-w',
    ),
  );
  await save(
    'rgb16.png',
    open(
      ramp(new Uint16Array(area * 3), (x) => [x * 1024, 40_000, 300]),
      3,
      'rgb16',
    ),
  );
  await save(
    'gray16.png',
    open(
      ramp(new Uint16Array(area), (x) => [x * 1024]),
      1,
      'grey16',
    ),
  );
  await save(
    'rgba16.png',
    open(
      ramp(new Uint16Array(area * 4), (x) => [40_000, 0, 300, x * 1024]),
      4,
      'rgb16',
    ),
  );
  const p3 = open(
    ramp(new Uint16Array(area * 3), () => [30_000, 40_000, 25_000]),
    3,
    'rgb16',
  );
  await save('display-p3-16.png', p3.withIccProfile('p3'));

  const half = Buffer.alloc(4, 0x0f);
  const bits = { width: 32, height: 24, bitDepth: 1, colourType: 0 };
  const bitmap = pngFile(bits, Array(24).fill(half));
  await save('bilevel.png', bitmap);
  const palette = [pngChunk('PLTE', Buffer.of(255, 0, 0, 0, 0, 255)), pngChunk('tRNS', Buffer.of(255, 0))];
  const indexed = pngFile({ ...bits, colourType: 3 }, Array(24).fill(half));
  await save(
    'palette-transparent.png',
    Buffer.concat([indexed.subarray(0, 33), ...palette, indexed.subarray(33)]),
  );
  const whole = await (await photo(120, 80, 12)).png().toBuffer();
  await save('truncated-half.png', whole.subarray(0, whole.length / 2));
  await save('truncated-tail.png', whole.subarray(0, whole.length - 12));

  const bomb = pngHeader({ width: 786_464, height: 32, bitDepth: 16, colourType: 6 });
  await save('bomb-header.png', Buffer.concat([bomb, Buffer.from('\0\0\0\0IDAT', 'latin1')]));
  await save(
    'bomb-square.png',
    pngFile({ ...bits, width: 30_000, height: 30_000 }, Array(8).fill(Buffer.alloc(3750))),
  );
}

async function makeOthers(): Promise<void> {
  const sky = { width: 9000, height: 9000, channels: 3, background: '#808080' } as const;
  await save(
    'bomb-gray.avif',
    sharp({ create: sky, limitInputPixels: false }).avif({ quality: 1, effort: 0 }),
  );
  const frames = [await photo(80, 60, 20), await photo(80, 60, 21)];
  const stills = await Promise.all(frames.map((frame) => frame.png().toBuffer()));
  const [still] = stills;
  const clear = await sharp(still).ensureAlpha(0).png().toBuffer();
  const animation = () => sharp(stills, { join: { animated: true } });
  await save('lossy.webp', (await photo(150, 100, 22)).webp());
  await save('lossless.webp', (await photo(50, 40, 23)).webp({ lossless: true }));
  await save('alpha.webp', sharp(clear).webp());
  await save('animated.webp', animation().webp());
  await save('still.gif', sharp(still).gif());
  await save('animated.gif', animation().gif());
  await save('transparent.gif', sharp(clear).gif());
  await save('still.avif', (await photo(96, 64, 24)).avif());
  await save('image.tiff', sharp(still).resize(20, 15).tiff());
  const bitmap = Buffer.alloc(58);
  bitmap.write('BM');
  bitmap.writeUInt32LE(58, 2);
  bitmap.writeUInt32LE(54, 10);
  bitmap.set([40, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 24], 14);
  await save('image.bmp', bitmap);
  await save('image.svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>\n'));
  await save('page.jpg', Buffer.from('<!doctype html><title>Not found</title><p>No picture here.\n'));
  await save('empty.jpg', Buffer.alloc(0));
  const next = random(30);
  await save('noise.jpg', Buffer.from(Array.from({ length: 512 }, () => next() * 256)));
}

mkdirSync(FOLDER, { recursive: true });
await makeJpegs();
await makePngs();
await makeOthers();
