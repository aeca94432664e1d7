import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { photo } from '../../test/image/photo.ts';

/** The samples of a source at full size: upright, gray or sRGB, on white, in rows without gaps. */
export interface Decoded {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Two bytes a sample. */
  readonly deep: boolean;
  /** Whether OpenCV has the same samples: it ignores profiles and converts CMYK by formula. */
  readonly openCv: boolean;
}

export type Source = (photograph: Buffer, short: number) => Promise<{ bytes: Buffer; decoded: Decoded }>;

function source(
  encode: (image: Sharp) => Promise<Buffer> | Buffer,
  looks: Partial<Decoded> & { gray?: boolean } = {},
) {
  const { gray = false, deep = false, openCv = true } = looks;
  return async (photograph: Buffer, short: number) => {
    const bytes = await encode(
      sharp(await sharp(photograph).resize(short, short, { fit: 'outside' }).png().toBuffer()),
    );
    const space = gray ? (deep ? 'grey16' : 'b-w') : deep ? 'rgb16' : 'srgb';
    const { data, info } = await sharp(bytes, { autoOrient: true })
      .flatten({ background: '#ffffff' })
      .toColourspace(space)
      .raw({ depth: deep ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    return { bytes, decoded: { data, width, height, channels, deep, openCv } };
  };
}

const JPEG = { quality: 92 } as const;

/** Every format and kind that is decoded in another way. */
export const KINDS: Readonly<Record<string, Source>> = {
  JPEG: source((image) => image.jpeg(JPEG).toBuffer()),
  'JPEG 4:4:4': source((image) => image.jpeg({ ...JPEG, chromaSubsampling: '4:4:4' }).toBuffer()),
  progressive: source((image) => image.jpeg({ ...JPEG, progressive: true }).toBuffer()),
  'sRGB profile': source((image) => image.withIccProfile('srgb').jpeg(JPEG).toBuffer()),
  'Display P3': source((image) => image.withIccProfile('p3').jpeg(JPEG).toBuffer(), { openCv: false }),
  turned: source(async (image) =>
    sharp(await image.rotate(270).png().toBuffer())
      .withMetadata({ orientation: 6 })
      .jpeg(JPEG)
      .toBuffer(),
  ),
  CMYK: source((image) => image.toColourspace('cmyk').jpeg(JPEG).toBuffer(), { openCv: false }),
  'gray JPEG': source((image) => image.toColourspace('b-w').jpeg(JPEG).toBuffer(), { gray: true }),
  PNG: source((image) => image.png().toBuffer()),
  'PNG with alpha': source(async (image) => {
    const { data, info } = await image.ensureAlpha().raw().toBuffer({ resolveWithObject: true });
    // Opaque at the left, transparent at the right.
    for (let at = 3; at < data.length; at += 4)
      data[at] = 255 - (255 * ((at >> 2) % info.width)) / info.width;
    return sharp(data, { raw: info }).png().toBuffer();
  }),
  'PNG of 16 bits': source((image) => image.toColourspace('rgb16').png().toBuffer(), { deep: true }),
  'gray PNG of 16 bits': source((image) => image.toColourspace('grey16').png().toBuffer(), {
    deep: true,
    gray: true,
  }),
  WebP: source((image) => image.webp({ quality: 90 }).toBuffer()),
  AVIF: source((image) => image.avif({ quality: 80, effort: 1 }).toBuffer()),
};

/** Photographs of a folder, or generated images with a photograph's spectrum. */
export async function readPhotographs(folder: string | undefined): Promise<readonly Buffer[]> {
  if (folder === undefined) {
    const drawn = [1, 2].map(async (seed) => (await photo(640, 450, seed)).png().toBuffer());
    return Promise.all(drawn);
  }
  const names = (await readdir(folder)).filter((name) => /\.(jpe?g|png)$/i.test(name)).sort();
  if (names.length === 0) throw new Error(`Expected photographs (.jpg, .png) in '${folder}', found none`);
  const bodies = await Promise.all(names.map((name) => readFile(join(folder, name))));
  return Promise.all(bodies.map((body) => sharp(body).flatten().toColourspace('srgb').png().toBuffer()));
}
