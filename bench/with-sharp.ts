import sharp from 'sharp';
import { planResize } from '../src/image/job/resize-modes.ts';
import type { ImageSettings } from '../src/image/job/settings.ts';

/** Processes an image with sharp as laion-fetch does when the codec refuses it, with the default interpolations. */
export async function withSharp(image: Buffer, settings: ImageSettings): Promise<Buffer> {
  const { width, height } = await sharp(image, { limitInputPixels: false }).metadata();
  const pipeline = sharp(image, { failOn: 'truncated', limitInputPixels: false }).toColourspace('srgb');
  const { scaled, direction } = planResize(width, height, settings);
  const kernel = direction === 'down' ? 'cubic' : 'lanczos3';
  if (scaled) pipeline.resize({ ...scaled, fit: 'fill', kernel, fastShrinkOnLoad: false });
  return pipeline.jpeg({ quality: settings.encodeQuality, optimiseCoding: false }).toBuffer();
}
